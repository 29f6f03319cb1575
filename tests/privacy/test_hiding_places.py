"""200 bodies with a person hidden in all kinds of places: nothing is left by `forget`, by pollers, and under pseudonyms."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask, Feed, Observation, Page
from polling.personal.forgotten import Forgotten
from polling.personal.pseudonyms import Pseudonyms
from privacy.discovery import from_body, from_tree
from privacy.person import Person
from privacy.rewriting import Rewriter
from tests.connectors.upstream.recorded import Case as Recorded
from tests.connectors.upstream.recorded import cases
from tests.privacy.hiding import OTHERS, OWN, Somebody, left, somebody, tikapi_comment, tikapi_post, tikliveapi_post

SEEDS = range(200)
SECRET, KEY = b"s" * 32, b"k" * 32
# What people wrote, and where it is: in records everything else must be as it was.
PERSONAL = frozenset({"title", "text", "play", "wmplay", "hdplay", "uniqueId", "nickname", "secUid"})


class Case:
    """A page of one upstream: items of the person, and of others who name the person, in any order."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.who, other = somebody(dice), somebody(dice)
        self.upstream, self.feed = dice.choice([("tikapi", Feed.POSTS), ("tikapi", Feed.COMMENTS), ("tikliveapi", Feed.POSTS)])
        own = [self._item(self.who, f"me {self.who.words()} #fyp #日本")]
        for item in own:
            for kind in dice.sample(sorted(OWN), 8):
                OWN[kind](self.who, item)
        self.others = [self._item(other, "a nice day #fyp #日本") for _ in range(2)]
        for item in self.others[:1]:
            for kind in dice.sample(sorted(OTHERS), 5):
                OTHERS[kind](self.who, item)
        items = [*own, *self.others]
        dice.shuffle(items)
        key = {"tikapi": {Feed.POSTS: "itemList", Feed.COMMENTS: "comments"}, "tikliveapi": {Feed.POSTS: "videos"}}
        self.tree = {key[self.upstream][self.feed]: items, "hasMore": False, "has_more": 0, "statusCode": 0, "status_code": 0}
        # Half of the upstreams escape what is not ASCII.
        self.body = json.dumps(self.tree, ensure_ascii=dice.random() < 0.5).encode()
        self.other = other

    def _item(self, who: Somebody, text: str) -> dict[str, Any]:
        if self.upstream == "tikliveapi":
            return tikliveapi_post(who, who.post(), text)
        if self.feed is Feed.POSTS:
            return tikapi_post(who, who.post(), text)
        return tikapi_comment(who, who.comment(), "7100000000000000001", text)

    def observations(self, body: bytes) -> tuple[Observation, ...]:
        subject = self.other.userid if self.feed is Feed.POSTS else "7100000000000000001"
        page = UPSTREAMS[self.upstream].read(Ask(self.feed, subject, "x|1"), Answer(200, {}, body, 1764000000123))
        assert isinstance(page, Page), page
        return page.observations

    def records(self, body: bytes) -> list[Mapping[str, Any]]:
        found = self.observations(body)
        assert [one.problem for one in found] == [None] * len(found)
        return [one.record for one in found]


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is not personal of a record; tokens, which stand for ids, are alike."""
    kept: dict[str, Any] = {}
    for name, value in record.items():
        if name not in PERSONAL:
            kept[name] = plain(value) if isinstance(value, Mapping) else value
    return kept


def same(kept: Mapping[str, Any], was: Mapping[str, Any], ids: list[str], rewriter: Rewriter) -> bool:
    """Whether all that is not personal is as it was, ids of the person by their tokens."""
    tokens = {one: rewriter.token(one) for one in ids}

    def renamed(record: dict[str, Any]) -> dict[str, Any]:
        return {name: tokens.get(value, value) if isinstance(value, str) else value for name, value in record.items()}

    return bool(plain(kept) == json.loads(json.dumps(plain(was)), object_hook=renamed))


@pytest.mark.parametrize("seed", SEEDS)
def test_forget_leaves_nothing_of_them_and_all_else(seed: int) -> None:
    case = Case(seed)
    person = Person(case.who.userid)
    from_body(person, case.body)
    assert case.who.handle in person.handles
    # What no post of TikLiveAPI says: snapshots of the profile do.
    person.add_profile(case.who.handle, case.who.nickname, case.who.secuid)
    rewriter = Rewriter(person, SECRET)
    kept = rewriter.body(case.body)
    assert left(kept, [*case.who.names, *case.who.ids, *case.who.said, *case.who.addresses, *case.who.accounts]) == []
    assert rewriter.body(kept) == kept
    before, after = case.records(case.body), case.records(kept)
    for was, now in zip(before, after, strict=True):
        assert same(now, was, case.who.ids, rewriter)
        written = now.get("title", now.get("text", ""))
        if case.who.userid in (was.get("author_id"), was.get("user", {}).get("id")):
            assert written == ("" if "text" in now else "#fyp #日本")
        else:
            assert written.startswith("a nice day #fyp #日本")
            assert now["user" if "text" in now else "play"] == was["user" if "text" in now else "play"]
    # As dead letters, one by one.
    for item in next(value for value in case.tree.values() if isinstance(value, list)):
        letter = rewriter.body(json.dumps(item).encode("ascii"))
        assert left(letter, [*case.who.names, *case.who.ids, *case.who.said, *case.who.addresses, *case.who.accounts]) == []
        assert letter


@pytest.mark.parametrize("seed", SEEDS)
def test_pollers_keep_nothing_of_who_was_forgotten(seed: int, tmp_path: Path) -> None:
    case = Case(seed)
    forgotten = Forgotten(tmp_path / "forgotten.json")
    forgotten.add(case.who.userid, [case.who.handle], [case.who.secuid], [case.who.nickname])
    kept = forgotten.body(case.body)
    # Posts and comments of theirs are known by who made them, not by their ids.
    traces = [*case.who.names, case.who.userid, *case.who.said, *case.who.addresses, *case.who.accounts]
    assert left(kept, traces) == []
    assert forgotten.body(kept) == kept
    before = [one for one in case.observations(case.body) if case.who.userid not in json.dumps(plain(one.record))]
    after = forgotten.kept(case.observations(case.body))
    assert [plain(one.record) for one in after] == [plain(one.record) for one in before]
    assert len(after) == 2
    assert left(json.dumps([one.record for one in after], ensure_ascii=False).encode(), traces) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_pseudonyms_leave_no_name_and_no_address_and_all_else(seed: int) -> None:
    case = Case(seed)
    names = Pseudonyms(KEY)
    kept = names.body(case.body)
    people = [*case.who.names, *case.other.names, *case.who.addresses, *case.other.addresses, *case.who.accounts]
    assert left(kept, people) == []
    before, after = case.records(case.body), case.records(kept)
    assert [plain(one) for one in after] == [plain(one) for one in before]
    page = names.page(Page(case.observations(case.body), None))
    assert [plain(one.record) for one in page.observations] == [plain(one) for one in before]
    for item in next(value for value in case.tree.values() if isinstance(value, list)):
        (letter,) = names.page(
            Page((Observation("t", item, f"desc: expected a string, found '{case.who.nickname}'"),), None)
        ).observations
        assert left(json.dumps(letter.record, ensure_ascii=False).encode(), people) == []
        # A reason quotes the value of a field.
        if f'"{case.who.nickname}"' in json.dumps(item, ensure_ascii=False):
            assert case.who.nickname not in (letter.problem or "")


@pytest.mark.parametrize(
    "case", [case for case in cases() if "page" in case.expect], ids=lambda case: f"{case.upstream}/{case.name}"
)
def test_recorded_answers_read_the_same_whoever_was_taken_out(case: Recorded, tmp_path: Path) -> None:
    dialect = UPSTREAMS[case.upstream]

    def read(body: bytes) -> tuple[object, ...]:
        page = dialect.read(case.ask, replace(case.answer, body=body))
        assert isinstance(page, Page)
        return (
            [plain(one.record) for one in page.observations if one.problem is None],
            page.cursor if case.upstream != "tikapi" else "",
            page.found,
        )

    stranger = somebody(random.Random(7))
    forgotten = Forgotten(tmp_path / "forgotten.json")
    forgotten.add(stranger.userid, [stranger.handle], [stranger.secuid], [stranger.nickname])
    assert forgotten.body(case.answer.body) == case.answer.body
    person = Person(stranger.userid, {stranger.handle, "sounds"}, {stranger.nickname, "music"}, {stranger.secuid})
    assert Rewriter(person, SECRET).body(case.answer.body) == case.answer.body
    assert read(Pseudonyms(KEY).body(case.answer.body)) == read(case.answer.body)


_FIELDS = st.sampled_from(["info", "label", "x", "text_list", "music", "video", "extra", "statsV3", "title", "url"])
_LEAVES = st.sampled_from(["HERE", 5, "7", None, True, 0.5, "", "https://a.example/HERE", "x HERE x", '{"a": ["HERE"]}'])
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=3), max_leaves=12
)


@given(nested=st.dictionaries(_FIELDS, _TREES, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_field_of_an_item_is_too_odd_to_be_looked_into(nested: dict[str, Any]) -> None:
    who = somebody(random.Random(1))
    item = tikapi_post(who, who.post(), "x") | nested
    person = Person(who.userid)
    from_body(person, json.dumps(item).encode())
    hidden = who.words()
    body = json.dumps({"itemList": [item]}, ensure_ascii=False).replace("HERE", hidden).encode()
    kept = Rewriter(person, SECRET).body(body)
    assert left(kept, [hidden, *who.names, *who.ids]) == []
    assert json.loads(kept)["itemList"][0]["stats"] == item["stats"]


def _quoted(times: int) -> str:
    text = "[1]"
    for _ in range(times):
        text = json.dumps([[text]])
    return text


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 2_200, "[" * 30_000, "{" * 3_000, '{"a":' * 2_200),
        *("[" * depth + "]" * depth for depth in (60, 300, 450, 900, 5_000)),
        *("[" + "9" * 5_000 + "]", "[NaN]", _quoted(12), json.dumps(["[" * 450 + "]" * 450])),
    ],
    ids=lambda text: f"{text[:8]} {len(text)}",
)
def test_a_caption_is_a_text_however_it_begins(text: str, tmp_path: Path) -> None:
    who, other = somebody(random.Random(3)), somebody(random.Random(4))
    post = tikliveapi_post(other, other.post(), text)
    forgotten, names = Forgotten(tmp_path / "forgotten.json"), Pseudonyms(KEY)
    forgotten.add(who.userid, [who.handle], [who.secuid])
    person = Person(who.userid, {who.handle}, {who.nickname}, {who.secuid})
    rewriter = Rewriter(person, SECRET)
    from_tree(person, post)
    body = json.dumps({"videos": [post]}).encode()
    from_body(person, body)
    assert forgotten.body(body) == rewriter.body(body) == body
    assert rewriter.record(post) == post
    seen = Observation("t", post)
    assert forgotten.kept([seen]) == [seen]
    (kept,) = names.page(Page((seen,), None)).observations
    assert (kept.problem, kept.record["title"]) == (None, text)
    assert json.loads(names.body(body))["videos"][0]["title"] == text
    # As part of an answer that names them, and of one that is theirs.
    mention = {**post, "title": f"@{who.handle}", "note": text}
    (kept,) = forgotten.kept([Observation("t", mention)])
    assert (kept.record["title"], kept.record["note"]) == ("@", text)
    assert json.loads(rewriter.body(json.dumps([mention]).encode()))[0]["note"] == text
    own = rewriter.body(json.dumps([{**mention, "author_id": who.userid, "author": None}, post]).encode())
    assert (json.loads(own)[0]["note"], json.loads(own)[1]) == ("", post)


def test_there_are_thirty_kinds_of_places() -> None:
    assert len(OWN) >= 30
