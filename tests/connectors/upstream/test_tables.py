"""The tolerant reader: places in order of trust, what stands in for a value that is left out, and what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.upstream.fields import LARGEST_COUNTER, BadFieldError, whole
from connectors.upstream.records import COMMENTS, POSTS, USERS
from connectors.upstream.tables import FORMS, Asked, FieldsFileError, load_forms, tables_of

TABLES = tables_of(posts="web", users="web", comments="web")
FLAT = tables_of(posts="flat", users="web", comments="flat")
POST: dict[str, Any] = {"id": "7", "createTime": 1_700_000_000, "author": {"id": "6801"}, "stats": {"playCount": 5}}
USER: dict[str, Any] = {"user": {"id": "6801"}, "stats": {"followerCount": 10}}
COMMENT: dict[str, Any] = {"cid": "9", "aweme_id": "7", "create_time": 1_700_000_000, "user": {"uid": "6801"}}
ANY = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=4) | st.lists(st.none(), max_size=1)
VALUES = ANY | st.integers(0, 10**12) | st.integers(0, 10**12).map(str)


def post(item: dict[str, Any], **asked: str) -> dict[str, Any]:
    return TABLES[POSTS].read(item, "x", Asked(**asked), 1)[0]


def counter(value: object) -> int | None:
    number = whole(value)
    return number if number is not None and 0 <= number <= LARGEST_COUNTER else None


@given(VALUES, VALUES)
def test_the_exact_counter_wins_where_it_reads(exact: object, rounded: object) -> None:
    item = {**POST, "stats": {"playCount": 5, "diggCount": rounded}, "statsV2": {"diggCount": exact}}
    wanted = next((number for number in (counter(exact), counter(rounded)) if number is not None), 0)
    record, notes = TABLES[POSTS].read(item, "", Asked(), 1)
    assert (record["digg_count"], record["play_count"]) == (wanted, 5), "a bad counter costs no good one"
    nothing = counter(exact) is None and counter(rounded) is None
    why = "left_out" if exact is None and rounded is None else "unreadable"
    assert ((why, "digg_count") in notes) == nothing


@given(st.tuples(VALUES, VALUES, VALUES, VALUES))
def test_hearts_have_four_places(values: tuple[object, object, object, object]) -> None:
    exact, rounded, exact_old, rounded_old = values
    item = {
        "user": {"id": "1"},
        "stats": {"followerCount": 3, "heartCount": rounded, "heart": rounded_old},
        "statsV2": {"heartCount": exact, "heart": exact_old},
    }
    wanted = next((n for n in map(counter, (exact, rounded, exact_old, rounded_old)) if n is not None), 0)
    assert TABLES[USERS].read(item, "", Asked(), 1)[0]["stats"]["heartCount"] == wanted


@pytest.mark.parametrize(
    "author", [None, "HANDLE", "", 5, True, [], ["6802"], {}, {"id": None}, {"id": ""}, {"uniqueId": "HANDLE"}, ...]
)
def test_an_author_who_is_none_is_the_one_who_was_asked_for(author: object) -> None:
    item = {name: value for name, value in {**POST, "author": author}.items() if value is not ...}
    assert post(item, creator="6800")["author_id"] == "6800"
    with pytest.raises(BadFieldError, match=r"^x\.author"):
        post(item)
    assert post({**item, "authorId": 6802}, creator="6800")["author_id"] == "6802", "what the item says goes first"


@pytest.mark.parametrize(
    ("topic", "item", "left"),
    [
        (POSTS, POST, {"title", "duration", "digg_count", "comment_count", "share_count", "collect_count"}),
        (
            USERS,
            USER,
            {"user.uniqueId", "user.nickname", "user.secUid", "user.verified", "user.privateAccount", "stats.followingCount"}
            | {"stats.heartCount", "stats.videoCount", "stats.diggCount"},
        ),
        (COMMENTS, COMMENT, {"text", "digg_count", "reply_total", "user.uniqueId", "user.nickname"}),
    ],
)
def test_the_least_that_an_item_needs(topic: str, item: dict[str, Any], left: set[str]) -> None:
    record, notes = TABLES[topic].read(item, "", Asked(), 1)
    assert set(notes) == {("left_out", name) for name in left}
    for name in left:
        group, _, field = name.rpartition(".")
        assert (record[group] if group else record)[field] in (0, "", False)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({**POST, "id": None}, "x.id: expected a string, found null"),
        ({**POST, "stats": {}}, "x.stats.playCount: expected an integer, found nothing"),
        ({**POST, "stats": None}, "x.stats: expected an object, found null"),
        ({**POST, "stats": {"playCount": "1.2M"}}, "x.stats.playCount: expected an integer, found '1.2M'"),
        (
            {**POST, "stats": {"playCount": None}, "statsV2": {"playCount": []}},
            "x.statsV2.playCount: expected an integer, found a list",
        ),
        ({**POST, "desc": {"text": "x"}}, "x.desc: expected a string, found an object"),
        ({**POST, "video": {"duration": "long"}}, "x.video.duration: expected an integer, found 'long'"),
        ({**POST, "createTime": None}, "x.createTime: expected an integer, found null"),
        (5, "x: expected an object, found 5"),
    ],
)
def test_an_item_that_lacks_what_it_needs_says_what(item: Any, problem: str) -> None:
    with pytest.raises(BadFieldError) as raised:
        post(item)
    assert str(raised.value) == problem


def test_forms_are_told_by_their_items_whoever_gives_them() -> None:
    flat = {"aweme_id": "7", "play_count": 5, "create_time": 1_700_000_000, "author": {"id": "6801"}}
    app = {"aweme_id": "7", "statistics": {"play_count": 5}, "create_time": 1_700_000_000, "author": {"uid": "6801"}}
    read = [table[POSTS].read(item, "", Asked(), 1)[0] for item in (POST, flat, app) for table in (TABLES, FLAT)]
    assert all(record == read[0] for record in read)
    long = {**app, "video": {"duration": 61_500}}
    assert TABLES[POSTS].read(long, "", Asked(), 1)[0]["duration"] == 61, "the app counts milliseconds"


@pytest.mark.parametrize(
    ("tables", "topic", "item", "beside", "read"),
    [
        (FLAT, COMMENTS, {"id": "1", "video_id": "7", "reply_total": 5, "parent_id": "9"}, {"cid": "1"}, {"reply_total": 5}),
        (
            FLAT,
            COMMENTS,
            {"cid": "1", "video_id": "7", "reply_total": 5, "parent_id": "9"},
            {},
            {"parent_id": "9", "reply_total": 5},
        ),
        (TABLES, COMMENTS, {"cid": "1", "aweme_id": "7", "reply_comment_total": 5}, {"id": "2"}, {"id": "1", "reply_total": 5}),
        (FLAT, POSTS, {"aweme_id": "7", "play_count": 5}, {"stats": {}}, {"play_count": 5}),
        (FLAT, POSTS, {"aweme_id": "7", "play_count": 5}, {"statistics": {"digg_count": 1}}, {"play_count": 5}),
        (FLAT, POSTS, {"aweme_id": "7", "play_count": 5}, {"itemInfos": {"id": "8"}}, {"play_count": 5, "aweme_id": "7"}),
        (FLAT, POSTS, {"aweme_id": "7", "play_count": 5}, {"stats": {"playCount": None}}, {"play_count": 5}),
        (FLAT, POSTS, {"aweme_id": "7", "play_count": 5}, {"stats": {"playCount": 6}}, {"play_count": 5}),
        (TABLES, POSTS, {"id": "7", "stats": {"playCount": 5}}, {"statistics": {}}, {"play_count": 5}),
        (TABLES, POSTS, {"id": "7", "stats": {"playCount": 5}}, {"play_count": 6}, {"play_count": 5}),
        (TABLES, POSTS, {"aweme_id": "7", "statistics": {"play_count": 5}}, {"stats": {}}, {"play_count": 5}),
        (TABLES, USERS, {"user": {"id": "6801"}, "stats": {"followerCount": 5000}}, {"userId": "6801"}, {"followerCount": 5000}),
        (
            TABLES,
            USERS,
            {"user": {"id": "6801", "follower_count": 5}, "stats": {"followerCount": 5000}},
            {},
            {"followerCount": 5000},
        ),
        (TABLES, USERS, {"userId": "6801", "fans": 5000}, {"user": {}}, {"followerCount": 5000}),
    ],
)
def test_a_name_beside_does_not_make_an_item_one_of_another_form(
    tables: Any, topic: str, item: dict[str, Any], beside: dict[str, Any], read: dict[str, Any]
) -> None:
    common = {} if topic == USERS else {"create_time": 1_700_000_000, "createTime": 1_700_000_000, "user": {"id": "6801"}}
    author = {"author": {"id": "6801", "uid": "6801"}} if topic == POSTS else {}
    record = tables[topic].read({**common, **author, **item, **beside}, "", Asked(), 1)[0]
    flat = {**record, **record.get("stats", {})}
    assert {name: flat[name] for name in read} == read


@pytest.mark.parametrize(
    ("topic", "item", "problem"),
    [
        (USERS, {"userId": "6801"}, "x.fans: expected an integer, found nothing (read as web2020 because of userId)"),
        (
            POSTS,
            {"aweme_id": "7", "statistics": {"digg_count": 1}},
            "x.statistics.play_count: expected an integer, found nothing (read as app because of statistics)",
        ),
    ],
)
def test_a_problem_says_why_an_item_is_read_in_another_form(topic: str, item: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadFieldError) as raised:
        TABLES[topic].read(item, "x", Asked(), 1)
    assert str(raised.value) == problem


def test_new_fields_are_named_by_path_and_nobody_is() -> None:
    item = {**POST, "author": {"id": "6801", "badge": "HANDLE"}, "sparkle": {"deep": 1}, "@HANDLE": 1, "x" * 80: 1}
    notes = [name for what, name in TABLES[POSTS].read(item, "data.itemList[3]", Asked(), 1)[1] if what == "new"]
    assert sorted(notes) == ["(other)", "author.badge", "sparkle"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "tiktok.posts.events: {web: {fields: {aweme_id: {from: [id]}}}}",
            "not the fields of the schema: author_id, ",
        ),
        ("tiktok.posts.events: {web: {fields: {aweme_id: {fro: [id]}}}}", "aweme_id.from"),
        ("tiktok.posts.events: {web: {feilds: {}}}", "feilds"),
        ("- 1", "valid dictionary"),
        ("a: [", "fields.yaml: "),
    ],
)
def test_files_of_fields_are_checked(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "fields.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FieldsFileError, match=problem):
        load_forms(path)


def test_every_topic_that_pollers_fill_has_forms() -> None:
    assert FORMS.keys() == {POSTS, USERS, COMMENTS}
    assert {name for forms in FORMS.values() for name in forms} >= {"app", "web2020", "web", "flat"}
