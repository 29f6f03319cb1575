"""One contract for every upstream, told by recorded answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from connectors.upstream.catalog import UPSTREAMS, Dialect
from connectors.upstream.codes import TIKTOK_CODES
from connectors.upstream.fields import BadFieldError
from connectors.upstream.model import Answer, Ask, Failure, Feed, Page, Refusal
from tests.connectors.upstream.recorded import RECEIVED_MS, Case, CodeCase, cases, code_cases, service_case

CASES = cases()
CODES = code_cases()
TOPICS = load_topics()
# Every code of the services' documents, in the words of neither file of codes.
DOCUMENTED_STATUSES = {400, 401, 403, 428, 429}
DOCUMENTED_CODES = {8, 2054, 2752, 10000, 10101, 10102, 10111, 10113, 10114, 10119, *range(10202, 10206), *range(10208, 10213)} | {
    *range(10215, 10222), *range(10223, 10226), *range(10227, 10232), 10241, 10242, 10404,
}  # fmt: skip


def asks(dialect: Dialect) -> dict[Feed, Ask]:
    return {case.ask.feed: case.ask for case in CASES if case.upstream == dialect.name}


def shown(result: Page | Refusal) -> dict[str, Any]:
    if isinstance(result, Page):
        page = {name: value for name, value in asdict(result).items() if name != "origin"}
        for seen in page["observations"]:
            del seen["notes"]  # test_tables.py
        if not page["people"]:
            del page["people"]
        return {"page": page}
    return {"refusal": asdict(result)}


def answer(status: int, body: bytes) -> Answer:
    return Answer(status, {}, body, RECEIVED_MS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.upstream}-{case.name}")
def test_recorded_answers(case: Case) -> None:
    dialect = UPSTREAMS[case.upstream]
    call = dialect.call(case.ask)
    assert {"endpoint": call.endpoint, "params": dict(call.params)} == case.request
    assert call.path == call.endpoint
    read = json.loads(json.dumps(shown(dialect.read(case.ask, case.answer))))
    if "refusal" in case.expect:
        wanted = case.expect["refusal"]
        got = {name: read["refusal"][name] for name in wanted}
        if wanted["retry_after_s"] is not None:
            wanted["retry_after_s"] = pytest.approx(wanted["retry_after_s"])
        assert got == wanted
        assert read["refusal"]["message"]
    else:
        assert read == case.expect


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.upstream}-{case.name}")
def test_records_pass_the_producers_validation(case: Case) -> None:
    result = UPSTREAMS[case.upstream].read(case.ask, case.answer)
    for seen in result.observations if isinstance(result, Page) else ():
        if seen.problem is None:
            RecordValidator(json.loads(TOPICS[seen.topic].schema_text()), lambda: RECEIVED_MS).check(seen.record)
            assert seen.record["ingested_at"] == RECEIVED_MS


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.upstream}-{case.name}")
def test_an_item_by_itself_is_mapped_as_on_its_page(case: Case) -> None:
    dialect = UPSTREAMS[case.upstream]
    result = dialect.read(case.ask, case.answer)
    for seen in result.observations if isinstance(result, Page) else ():
        if seen.problem is not None:
            # It is as received: nothing has changed since.
            with pytest.raises(BadFieldError):
                dialect.record(case.ask, seen.record, RECEIVED_MS)
    if isinstance(result, Page) and result.observations and all(seen.problem is None for seen in result.observations):
        wanted = [seen.record for seen in result.observations]
        assert wanted in [mapped(dialect, case.ask, items) for items in lists(json.loads(case.answer.body))]


def mapped(dialect: Dialect, ask: Ask, items: list[Any]) -> list[Any]:
    """The records of items; [] where one of them is none."""
    try:
        return [dialect.record(ask, item, RECEIVED_MS) for item in items]
    except BadFieldError:
        return []


def lists(tree: object) -> Iterator[list[Any]]:
    """All that may be the items of a page: every list of it, and every object by itself."""
    if isinstance(tree, list):
        yield tree
    elif isinstance(tree, dict):
        yield [tree]
        for inner in tree.values():
            yield from lists(inner)


def test_feeds_without_a_topic_have_no_records() -> None:
    for dialect in UPSTREAMS.values():
        with pytest.raises(ValueError, match="no topic holds followers"):
            dialect.record(Ask(Feed.FOLLOWERS, "1"), {}, RECEIVED_MS)


@pytest.mark.parametrize("dialect", UPSTREAMS.values(), ids=lambda dialect: dialect.name)
def test_every_feed_has_a_recorded_page(dialect: Dialect) -> None:
    covered = {case.ask.feed for case in CASES if case.upstream == dialect.name and "page" in case.expect}
    assert covered == dialect.feeds
    for feed in set(Feed) - dialect.feeds:
        with pytest.raises(ValueError, match=f"{dialect.name} has no feed '{feed.value}'"):
            dialect.call(Ask(feed, "1"))


@pytest.mark.parametrize("case", CODES, ids=lambda case: f"{case.upstream or 'all'}-{case.status}-{case.code}")
def test_codes(case: CodeCase) -> None:
    for dialect in UPSTREAMS.values():
        if case.upstream not in (None, dialect.name):
            continue
        body = {"status": "error", "message": "so it is"} | ({"statusCode": case.code} if case.code else {})
        for ask in asks(dialect).values():
            first = Ask(ask.feed, ask.subject, None, ask.parent)
            result = dialect.read(first, answer(case.status, json.dumps(body).encode()))
            assert isinstance(result, Refusal)
            assert (result.failure.value, result.reason) == (case.failure, case.reason)
            assert (result.code, result.message) == (str(case.code or case.status), "so it is")


def test_every_code_is_covered_and_every_documented_one_is_known() -> None:
    assert {case.code for case in CODES if case.code} == set(TIKTOK_CODES.classes)
    assert set(TIKTOK_CODES.classes) >= DOCUMENTED_CODES
    for name, dialect in UPSTREAMS.items():
        covered = {case.status for case in CODES if case.upstream in (None, name) and not case.code}
        assert covered == set(dialect.codes.http.classes)
        assert covered >= DOCUMENTED_STATUSES


def test_the_lost_session_of_an_account_waits_long_and_stops_nothing() -> None:
    body = b'{"status":"error","message":"Account session expired","statusCode":8}'
    for dialect in UPSTREAMS.values():
        for ask in asks(dialect).values():
            result = dialect.read(ask, answer(428, body))
            assert isinstance(result, Refusal)
            assert (result.failure, result.code, result.retry_after_s) == (Failure.RETRY, "428", 900)


@pytest.mark.parametrize("dialect", [one for one in UPSTREAMS.values() if Feed.REPLIES in one.feeds], ids=lambda one: one.name)
def test_replies_need_their_post(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="`parent` is missing"):
        dialect.call(Ask(Feed.REPLIES, "1"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("7109178205151464746"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["videos", "itemList", "comments", "userList", "followers", "followings", "user", "stats", "userInfo", "challengeInfo",
         "challenge", "id", "cid", "aweme_id", "secUid", "cursor", "nextCursor", "time", "hasMore", "has_more", "statusCode",
         "status", "message", "fields", "play_count", "itemInfo", "itemStruct", "video", "author", "text", "credits"],
    ), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip
BODIES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
HEADERS = st.dictionaries(st.sampled_from(["Retry-After", "Date", "content-type"]), st.text(max_size=20) | st.just("9" * 30))


@given(st.data(), st.integers(100, 599) | st.just(200), BODIES, HEADERS)
def test_reading_never_raises(data: st.DataObject, status: int, body: bytes, headers: dict[str, str]) -> None:
    dialect = data.draw(st.sampled_from(list(UPSTREAMS.values())))
    ask = data.draw(st.sampled_from(list(asks(dialect).values())))
    received = Answer(status, headers, body, RECEIVED_MS)
    result = dialect.read(ask, received)
    assert isinstance(result, Page | Refusal)
    if isinstance(result, Refusal):
        assert result.reason
        assert result.reason.isascii()
        assert "\n" not in result.message
    elif result.cursor is not None:
        dialect.call(Ask(ask.feed, ask.subject, result.cursor, ask.parent))
    assert isinstance(dialect.read_credits(received), int | Refusal)


@given(st.sampled_from(list(UPSTREAMS)), st.integers(0, 2**63 - 1), st.integers(10**18, 2**63 - 1), st.booleans())
def test_numbers_stay_exact(name: str, plays: int, number: int, quoted: bool) -> None:
    dialect = UPSTREAMS[name]
    feed = Feed.POST if Feed.POST in dialect.feeds else Feed.POSTS
    case = next(case for case in CASES if case.upstream == name and case.ask.feed is feed and "page" in case.expect)
    first = dialect.read(case.ask, case.answer)
    assert isinstance(first, Page)
    text = case.answer.body.decode()
    for old, new in ((first.observations[0].record["play_count"], plays), (first.observations[0].record["aweme_id"], number)):
        text = re.sub(rf'"?\b{old}\b"?', f'"{new}"' if quoted else str(new), text)
    asked = replace(case.ask, subject=str(number)) if feed is Feed.POST else case.ask
    result = dialect.read(asked, answer(200, text.encode()))
    assert isinstance(result, Page)
    assert (result.observations[0].record["play_count"], result.observations[0].record["aweme_id"]) == (plays, str(number))


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 50_000, "9" * 10_000, '{"videos":' + "9" * 5_000 + "}"])
def test_bodies_made_to_hurt(body: str) -> None:
    for dialect in UPSTREAMS.values():
        result = dialect.read(asks(dialect)[Feed.POSTS], answer(200, body.encode()))
        assert isinstance(result, Refusal)
        assert result.reason in ("not_json", "unexpected_shape")


@pytest.mark.parametrize(("name", "body", "wanted"), [(name, *row) for name in UPSTREAMS for row in service_case(name).credits])
def test_credits(name: str, body: str, wanted: int | str) -> None:
    dialect = UPSTREAMS[name]
    assert dialect.credits_call().path == service_case(name).credits_path
    result = dialect.read_credits(answer(200, body.encode()))
    assert (result.reason if isinstance(result, Refusal) else result) == wanted


@pytest.mark.parametrize("name", UPSTREAMS)
def test_the_key_is_in_header_fields_only(name: str) -> None:
    for key, fields in service_case(name).keys.items():
        assert UPSTREAMS[name].authorization(key) == fields
