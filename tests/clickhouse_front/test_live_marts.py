"""Minutes, gifts, gaps and sessions of LIVE rooms against a plain recomputation: whatever the order, the repeats and the cuts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.reference import live
from tests.live_records import BEGIN, COMBOS, broadcast, cut_combos, event

from .conftest import FrontProcess, own_database

pytestmark = pytest.mark.clickhouse

DATABASE = "live_marts"


@pytest.fixture(scope="module")
def client(front: FrontProcess) -> Iterator[Any]:
    with own_database(front, DATABASE) as made:
        yield made


def rows(client: Any, query: str) -> list[dict[str, Any]]:
    return list(client.query(query).named_results())


def moment(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


EVENT_COLUMNS = {
    "room_id": "room_id", "event": "event", "event_id": "event_id", "user_id": "user_id", "unique_id": "user_unique_id",
    "connection_id": "connection_id", "action": "action", "viewer_count": "viewer_count", "like_count": "like_count",
    "total_likes": "total_likes", "gift_id": "gift_id", "group_id": "group_id", "repeat_count": "repeat_count",
    "repeat_end": "repeat_end", "diamond_count": "diamond_count",
}  # fmt: skip
_TEXTS = {"user_id", "unique_id", "action", "gift_id", "group_id"}
CHANGE_COLUMNS = ("room_id", "change", "connection_id", "source", "close_name")


def land(client: Any, events: Iterable[tuple[int, Mapping[str, Any]]], changes: Iterable[Mapping[str, Any]] = ()) -> None:
    """As job `live` writes them."""
    landed = [
        [*(event.get(name) or "" if column in _TEXTS else event.get(name) for column, name in EVENT_COLUMNS.items()),
         moment(event["ingested_at"]), offset]
        for offset, event in events
    ]  # fmt: skip
    client.insert("live_observations_log", landed, column_names=[*EVENT_COLUMNS, "observed_at", "kafka_offset"])
    known = [
        [
            *(change.get(name) or "" for name in CHANGE_COLUMNS),
            *(moment(change.get(name)) for name in ("connected_at", "until_at", "ingested_at")),
        ]
        for change in changes
    ]
    if known:
        client.insert("live_room_changes_log", known, column_names=[*CHANGE_COLUMNS, "connected_at", "until_at", "observed_at"])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_combos_cut_at_every_point_count_once(client: Any, seed: int) -> None:
    told, worth = cut_combos(seed)
    told = [(offset, {**one, "room_id": f"{one['room_id']}/{seed}"}) for offset, one in told]
    expected = live.gifts(told)
    assert len(expected) == COMBOS
    assert sum(row["diamonds"] for row in expected) == worth
    shuffled = told + random.Random(seed).sample(told, 500)
    random.Random(seed).shuffle(shuffled)
    # A replay in lots: parts that are merged, and parts that are not.
    for begin in range(0, len(shuffled), 3_000):
        land(client, shuffled[begin : begin + 3_000])
    found = rows(client, f"SELECT * FROM live_gifts WHERE endsWith(room_id, '/{seed}')")
    assert sorted(_comparable(row, "user_id", ms) for row in found) == sorted(_comparable(row, "person", int) for row in expected)
    assert len({(row["room_id"], row["combo_id"]) for row in found}) == COMBOS


def _comparable(row: Mapping[str, Any], who: str, time: Any) -> tuple[Any, ...]:
    plain = ("room_id", who, "gift_id", "repeat_count", "diamonds", "has_ended")
    return (*(row[name] for name in plain), time(row["began_at"]), time(row["ended_at"]))


@pytest.mark.parametrize("seed", range(5))
def test_minutes_and_gaps_are_those_of_a_plain_recomputation(client: Any, seed: int) -> None:
    room = f"room{seed}"
    events, changes = broadcast(room, seed)
    chance = random.Random(seed)
    told, known = events + chance.sample(events, len(events) // 3), changes + chance.sample(changes, len(changes) // 3)
    chance.shuffle(told)
    chance.shuffle(known)
    for part in range(3):
        land(client, told[part::3], known[part::3])
    expected_gaps = live.gaps(changes, events)[room]
    assert len(expected_gaps) > 1
    found_gaps = rows(client, f"SELECT began_at, ended_at FROM live_gaps WHERE room_id = '{room}' ORDER BY began_at")
    assert [(ms(row["began_at"]), ms(row["ended_at"])) for row in found_gaps] == expected_gaps
    expected = live.minutes(changes, events)
    assert {"seen", "partly", "missed"} == {_record(row["missed_ms"]) for row in expected.values()}
    found = {
        (row["room_id"], ms(row["minute"])): row for row in rows(client, f"SELECT * FROM live_minute WHERE room_id = '{room}'")
    }
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        shown = {name: found[key][name] for name in row if name != "missed_ms"}
        assert {**shown, "missed_ms": round(found[key]["seconds_missed"] * 1000)} == row, moment(key[1])
        assert found[key]["record"] == _record(row["missed_ms"])
    (session,) = rows(client, f"SELECT * FROM live_sessions WHERE room_id = '{room}'")
    missed = sum(end - begin for begin, end in expected_gaps)
    assert session["minutes_missed"] == pytest.approx(missed / 60_000)
    assert session["minutes_seen"] == pytest.approx((ms(session["known_until"]) - BEGIN - missed) / 60_000)
    assert (ms(session["began_at"]), session["end_name"]) == (BEGIN, "NOT_LIVE")
    assert session["ended_at"] == session["known_until"]
    assert session["peak_viewers"] == max(row["viewers_max"] or 0 for row in expected.values())
    combos = live.gifts(events)
    assert session["gifts"] == sum(combo["repeat_count"] for combo in combos)
    assert session["diamonds"] == sum(combo["diamonds"] for combo in combos)
    worth: dict[str, int] = {}
    for combo in combos:
        worth[combo["person"]] = worth.get(combo["person"], 0) + combo["diamonds"]
    best = sorted(worth.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    assert list(zip(session["top_gifters"], session["top_gifters_diamonds"], strict=True)) == best


def _record(missed_ms: int) -> str:
    return "missed" if missed_ms >= live.MINUTE else "partly" if missed_ms else "seen"


def test_a_minute_is_final_when_one_has_closed_that_is_not_before_it(client: Any) -> None:
    land(client, [(number, event("final", "chat", number, BEGIN + number * live.MINUTE)) for number in range(4)])
    client.command("INSERT INTO live_minutes_closed VALUES (1, '2026-03-10 10:01:00'), (1, '2026-03-10 10:00:00')")
    found = rows(client, "SELECT is_final FROM live_minute WHERE room_id = 'final' ORDER BY minute")
    assert [row["is_final"] for row in found] == [1, 1, 0, 0]


def test_the_last_words_on_a_battle_count_and_final_captions_alone_are_shown(client: Any) -> None:
    def teams(first: int, second: int) -> str:
        return json.dumps([{"hostUserId": "1", "score": first}, {"hostUserId": "2", "score": second}])

    client.insert(
        "live_observations_log",
        [
            ["b", "battle", "m:1", moment(BEGIN), "", "7", None, teams(100, 90)],
            ["b", "battle", "m:2", moment(BEGIN + 9), "", "7", None, teams(100, 190)],
            ["b", "battle", "m:3", moment(BEGIN), "", "8", None, teams(5, 5)],
            ["b", "caption", "m:4", moment(BEGIN), "Hel", "", False, ""],
            ["b", "caption", "m:5", moment(BEGIN), "Hello", "", True, ""],
        ],
        column_names=["room_id", "event", "event_id", "observed_at", "text", "subject_id", "is_final", "teams"],
    )
    battles = rows(client, "SELECT battle_id, hosts, scores, leading_host FROM live_battles WHERE room_id = 'b' ORDER BY battle_id")
    assert [tuple(row.values()) for row in battles] == [("7", ["1", "2"], [100, 190], "2"), ("8", ["1", "2"], [5, 5], "")]
    assert [row["text"] for row in rows(client, "SELECT text FROM live_captions WHERE room_id = 'b'")] == ["Hello"]
    shared = rows(client, f"SELECT text FROM {DATABASE}_shared.live_captions WHERE room_id = 'b'")
    assert [row["text"] for row in shared] == ["[redacted]"]


def test_lists_are_shown_place_by_place(client: Any) -> None:
    client.insert(
        "live_observations_log",
        [
            ["l", "ranking", "m:1", moment(BEGIN), "", "list", 1, "hourly", 70, "{}"],
            ["l", "ranking", "m:2", moment(BEGIN), "", "list", 2, "hourly", 60, "{}"],
            ["0", "hashtag", "m:3", moment(BEGIN), "cats", "t1", 1, "", None, json.dumps({"list_id": "tags"})],
        ],
        column_names=["room_id", "event", "event_id", "observed_at", "text", "subject_id", "rank", "rank_type", "score", "payload"],
    )
    ranked = rows(client, "SELECT list_id, rank_type, rank, score FROM live_rankings WHERE room_id = 'l' ORDER BY rank")
    assert [tuple(row.values()) for row in ranked] == [("list", "hourly", 1, 70), ("list", "hourly", 2, 60)]
    tags = rows(client, "SELECT list_id, rank, hashtag, hashtag_id FROM live_hashtags")
    assert [tuple(row.values()) for row in tags] == [("tags", 1, "cats", "t1")]


def test_a_viewer_without_an_id_goes_by_a_hash_that_readers_of_masked_views_cannot_guess(client: Any) -> None:
    gift = {"gift_id": "g", "repeat_count": 2, "diamond_count": 3, "repeat_end": True}
    land(client, [(0, event("h", "gift", 1, BEGIN, user_unique_id="ann", **gift))])
    (plain,) = rows(client, "SELECT user_id, combo_id FROM live_gifts WHERE room_id = 'h'")
    (masked,) = rows(client, f"SELECT user_id, combo_id FROM {DATABASE}_shared.live_gifts WHERE room_id = 'h'")
    assert len(plain["user_id"]) == len(masked["user_id"]) == 64
    assert plain["user_id"] != masked["user_id"]
    assert masked["combo_id"] == plain["combo_id"].replace(plain["user_id"], masked["user_id"])
