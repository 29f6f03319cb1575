"""What the connector keeps of rooms, held against the ledger of the service: each event once, and the truth about gaps."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import pytest

from connectors.kafka.avro import AvroCodec
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from simulator.live.script import Act, load_live_script
from tests.polling.live_day import EVENTS, ROOMS, START_MS, WIDE, Day, content, live_day


def expected(day: Day, host: str | None = None) -> Counter[tuple[str, str]]:
    """(room, content) of what the service sent over rooms' sockets and polls, each message once: repeats are what it sent twice."""
    seen: set[tuple[str, str, str]] = set()
    found: Counter[tuple[str, str]] = Counter()
    for line in day.service.ledger.lines:
        frame = line.frame
        if (
            line.what != "frame"
            or line.connection[0] not in "sp"
            or line.at_ms >= day.end_ms
            or not isinstance(frame, dict)
            or frame["event"] == "roomInfo"
        ):
            continue
        if host is not None and line.host != host:
            continue
        # The ledger knows the message object itself: a repeat is the same one.
        key = (line.room_id, content(frame), str(id(frame)))
        if key not in seen:
            seen.add(key)
            found[line.room_id, content(frame)] += 1
    return found


def kept(day: Day) -> Counter[tuple[str, str]]:
    """(room, content) of the events that were kept, put together again from their records."""
    return Counter((record["room_id"], content(rebuilt(record))) for record in day.kept.before(day.end_ms))


def rebuilt(record: dict[str, Any]) -> dict[str, Any]:
    """The frame that a record was."""
    data: dict[str, Any] = {"type": record["event"], **json.loads(record["payload"])}
    names = {
        "chat": {"text": "comment"},
        "like": {"like_count": "likeCount", "total_likes": "totalLikes"},
        "gift": {
            "gift_name": "giftName",
            "repeat_count": "repeatCount",
            "diamond_count": "diamondCount",
            "repeat_end": "repeatEnd",
        },
        "roomUserSeq": {"viewer_count": "viewerCount", "total_viewers": "totalViewers"},
        "subscribe": {"sub_month": "subMonth"},
        "emoteChat": {"subject_id": "emoteId"},
        "battle": {"subject_id": "battleId", "battle_status": "status", "battle_duration": "battleDuration"},
        "question": {"text": "questionText"},
        "envelope": {"subject_id": "envelopeId", "diamond_count": "diamondCount"},
    }.get(record["event"], {"action": "action", "text": "comment"})
    data |= {name: record[field] for field, name in names.items() if record[field] is not None}
    if record["event"] == "gift":
        data["giftId"] = int(record["gift_id"])
    if record["event"] == "control":
        data["action"] = int(record["action"])
    if record["teams"]:
        data["teams"] = json.loads(record["teams"])
    if record["star_claps"] is not None:
        data["starred"] = {"claps": record["star_claps"], "score": record["star_score"]}
    if record["user_id"] is not None:
        data["user"] = {"id": record["user_id"], "uniqueId": record["user_unique_id"], "nickname": record["user_nickname"]}
    if record["event_id"].startswith("m:"):
        data["msgId"] = record["event_id"][2:]
    if record["sent_at"] is not None:
        data["createTime"] = record["sent_at"] // 1000
    return {"event": record["event"], "data": data}


def covered(day: Day, room_id: str) -> list[tuple[int, int]]:
    """The spans in which a room was watched, as a reader of the topic puts them together."""
    spans: dict[str, tuple[int, int]] = {}
    for record in day.kept.rooms:
        if record["room_id"] == room_id and record["change"] in ("connected", "alive", "disconnected"):
            begin, until = spans.get(record["connection_id"], (record["connected_at"], record["connected_at"]))
            spans[record["connection_id"]] = (begin, max(until, record["until_at"] or record["connected_at"]))
    return sorted(spans.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_quiet_day_is_kept_event_by_event(seed: int) -> None:
    day = live_day(seconds=400, creators=2, seed=seed, per_minute=40)
    assert kept(day) == expected(day)
    assert len(day.kept.events) > 400
    assert day.said == []


def test_records_fit_their_schemas() -> None:
    day = live_day([Act(at=20, do="unknown"), Act(at=60, do="close")], seconds=200, rank_types=("audience",), hashtags_every_s=60.0)
    for topic, records in ((EVENTS, day.kept.events), (ROOMS, day.kept.rooms)):
        codec = AvroCodec(load_topics()[topic].schema_text())
        check = RecordValidator(codec.declared, lambda: START_MS + 10**7)
        for record in records:
            check.check(record)
            assert codec.decode(codec.encode(record)) == record


def told_apart(found: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Without joins and viewers: sent twice on one line they are like the same once more, which is an event of its own."""
    return Counter({key: count for key, count in found.items() if '"member"' not in key[1] and '"roomUserSeq"' not in key[1]})


def test_what_a_reconnect_repeats_is_left_out() -> None:
    day = live_day([Act(at=at, do="close", code=4500) for at in range(20, 280, 20)], seconds=300, per_minute=40)
    assert kept(day) == expected(day)
    again = sum(record["repeats"] for record in day.kept.changes("disconnected"))
    assert again == len(day.sent()) - len(day.kept.before(day.end_ms)) >= 10
    assert max(Counter(record["event_id"] for record in day.kept.events).values()) == 1


def test_what_one_line_repeats_is_left_out_where_it_can_be_told() -> None:
    day = live_day([Act(at=at, do="repeat", count=20) for at in range(35, 180, 40)], seconds=200, per_minute=40)
    assert told_apart(kept(day)) == told_apart(expected(day))
    assert len(day.sent()) > len(day.kept.events)


@pytest.mark.parametrize("every", [3, 5, 7, 11])
def test_combos_cut_at_every_point_count_once(every: int) -> None:
    """Each gift event comes once, so that a combo's highest count is what the service sent of it."""
    acts = [Act(at=at, do="close", code=4500 + 56 * (at % 2)) for at in range(2, 300, every)]
    day = live_day(acts, seconds=300, per_minute=120, reconnects=1_000, first_wait_s=0.5, longest_wait_s=0.5)

    def combos(frames: list[Any]) -> dict[str, int]:
        value: dict[str, int] = {}
        for frame in frames:
            data = frame["data"]
            if frame["event"] == "gift":
                combo = data["msgId"].rpartition("-")[0]
                value[combo] = max(value.get(combo, 0), data["repeatCount"] * data["diamondCount"])
        return value

    sent = combos([frame for frame in day.sent() if isinstance(frame, dict)])
    assert combos([rebuilt(record) for record in day.kept.events]) == sent
    assert len(sent) >= 20
    gifts = Counter(record["event_id"] for record in day.kept.events if record["event"] == "gift")
    assert max(gifts.values()) == 1


def test_a_gap_is_what_no_connection_covers() -> None:
    day = live_day([Act(at=100, do="silence", seconds=70), Act(at=300, do="close", code=4429)], seconds=500)
    (room,) = {record["room_id"] for record in day.kept.rooms}
    lines = [line for line in day.service.ledger.lines if line.what in ("open", "close")]
    opened = [line.at_ms for line in lines if line.what == "open"]
    closed = [line.at_ms for line in lines if line.what == "close"]
    spans = covered(day, room)
    assert [begin for begin, _ in spans] == opened
    assert [until for _, until in spans[:-1]] == closed[: len(spans) - 1]
    assert sum(later[0] - earlier[1] for earlier, later in itertools.pairwise(spans)) > 60_000
    for record in day.kept.events:
        assert any(begin <= record["ingested_at"] <= until for begin, until in spans)


def test_unknown_events_are_kept_counted_and_named_once() -> None:
    day = live_day([Act(at=20, do="unknown"), Act(at=40, do="unknown"), Act(at=60, do="garbage")], seconds=100)
    (record, _) = [record for record in day.kept.events if record["event"] == "sparkleRain"]
    assert json.loads(record["payload"]) == {"drops": 7}
    assert record["text"] == "what is this"
    assert day.said == ["unknown event 'sparkleRain': it is kept, with all its fields in the payload"]
    assert day.report.metrics.value("tokpulse_live_events_total", "sparkleRain") == 2
    ((frame, why),) = day.kept.rejected
    assert frame["frame"] == "this is {no JSON"
    assert why.startswith("unmapped: not JSON")


def test_reordered_frames_are_all_kept() -> None:
    day = live_day([Act(at=at, do="reorder", count=9) for at in range(20, 200, 30)], seconds=300, per_minute=60)
    assert kept(day) == expected(day)
    assert kept(day).total() > 200


def test_the_clock_of_the_service_decides_nothing() -> None:
    skewed = live_day([Act(at=0, do="skew", seconds=-7_200)], seconds=200)
    plain = live_day(seconds=200)
    times = [[record["ingested_at"] for record in day.kept.events] for day in (skewed, plain)]
    assert times[0] == times[1]
    (connected,) = skewed.kept.changes("connected")
    assert json.loads(connected["payload"]) == {"connectedAt": "2026-11-30T22:00:00.000+00:00"}


def test_a_bad_day_leaves_nothing_out_and_nothing_double() -> None:
    acts = load_live_script("bad-day").acts
    day = live_day(acts, seconds=1_000, creators=3, use_jwt=True, per_minute=30, captions=frozenset({"live.host0"}))
    assert day.error is None
    events = [record for record in day.kept.before(day.end_ms) if record["event"] not in ("caption", "credits", "credits_low")]
    found = Counter((record["room_id"], content(rebuilt(record))) for record in events)
    assert told_apart(found) == told_apart(expected(day))
    assert len(events) < len(day.kept.events)
    assert day.service.counted.sockets <= WIDE.sockets
    names = {record["close_name"] for record in day.kept.changes("disconnected")}
    assert names >= {
        "TIKTOK_CLOSED",
        "BROKEN",
        "NO_MESSAGES_TIMEOUT",
        "MAX_LIFETIME",
        "NORMAL",
        "INVALID_AUTH",
        "NOT_LIVE",
        "SILENT",
    }
