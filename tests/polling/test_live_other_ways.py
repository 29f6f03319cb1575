"""Polls instead of sockets, captions, rankings and hashtags, creators by number."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from polling.live.polls import UnreadableError, read_fetched
from simulator.live.script import Act
from tests.polling.live_day import WIDE, live_day


def test_polls_keep_what_sockets_would() -> None:
    day = live_day(seconds=400, minutes=5, sockets_possible=False)
    assert day.service.counted.connects.total() == 0
    assert {record["source"] for record in day.kept.changes("connected")} == {"poll"}
    sent = [frame["data"].get("msgId") for frame in day.sent() if frame["data"].get("msgId")]
    assert [r["event_id"] for r in day.kept.events if r["event_id"].startswith("m:")] == [f"m:{one}" for one in sent]
    assert [record["close_name"] for record in day.kept.changes("ended")] == ["NOT_LIVE"]
    assert day.kept.changes("alive")[0]["until_at"] > day.kept.changes("connected")[0]["connected_at"]


def test_whatever_is_open_when_we_stop_says_so() -> None:
    day = live_day(seconds=100, creators=3, tier=replace(WIDE, sockets=2), captions=frozenset({"live.host0"}))
    gone = {record["source"]: record["close_name"] for record in day.kept.changes("disconnected")}
    assert gone == dict.fromkeys(("websocket", "poll", "captions"), "STOPPED")
    assert {record["until_at"] for record in day.kept.changes("disconnected")} == {day.end_ms}


def test_a_network_without_sockets_is_polled_for_half_an_hour() -> None:
    day = live_day([Act(at=0, do="no_sockets", seconds=600)], seconds=2_400, minutes=60, per_minute=2)
    assert [line.split("; ")[-1] for line in day.said_of("HTTP_503")][-1] == "polls for half an hour"
    assert day.service.counted.connects.total() == 1
    poll, socket = day.kept.changes("connected")
    assert (poll["source"], socket["source"]) == ("poll", "websocket")
    assert 1_800_000 <= socket["ingested_at"] - poll["ingested_at"] <= 1_830_000
    (until,) = [record["until_at"] for record in day.kept.changes("disconnected") if record["source"] == "poll"]
    assert socket["connected_at"] - until < 1_000


def test_events_in_binary_are_not_guessed() -> None:
    binary = {"room_id": "1", "alive": True, "raw_data": base64.b64encode(b"\x0a\x03abc").decode(), "cursor": ""}
    with pytest.raises(UnreadableError):
        read_fetched(binary)
    assert read_fetched({"room_id": 5, "events": [{"event": "chat"}]}).room_id == "5"


def test_captions_come_as_partial_and_final_texts() -> None:
    day = live_day(seconds=200, captions=frozenset({"live.host0"}), caption_translate="de")
    captions = [record for record in day.kept.events if record["event"] == "caption"]
    assert {record["is_final"] for record in captions} == {True, False}
    assert {(record["language"], record["speaker"][:8]) for record in captions} == {("en", "Speaker ")}
    translated = [record for record in day.kept.events if record["event"] == "translation"]
    assert {record["language"] for record in translated} == {"de"}
    assert all(record["text"].startswith("[de] ") for record in translated)
    left = [record["score"] for record in day.kept.events if record["event"] == "credits"]
    assert left == sorted(left, reverse=True)
    assert len(left) >= 5


def test_the_minutes_of_captions_have_a_budget() -> None:
    day = live_day(seconds=900, captions=frozenset({"live.host0"}), caption_minutes_per_day=4)
    assert day.service.credits_total - day.service.credits_left == 4
    assert day.said_of("the day's minutes of captions are used up")
    assert day.said_of("again after midnight UTC")
    assert day.report.metrics.value("tokpulse_live_caption_minutes_left") == 0
    assert day.kept.changes("disconnected")[0]["source"] == "captions"


def test_low_credits_are_said_and_none_end_captions_only() -> None:
    day = live_day([Act(at=300, do="no_credits")], seconds=500, captions=frozenset({"live.host0"}), caption_credits=5)
    assert len(day.said_of("credits are low")) == 1
    assert day.said_of("NO_CREDITS")
    assert day.kept.events[-1]["event"] != "caption"
    assert len([r for r in day.kept.changes("connected") if r["source"] == "websocket"]) == 1


def test_a_session_of_captions_begins_again_after_its_longest_life() -> None:
    day = live_day(seconds=400, captions=frozenset({"live.host0"}), caption_session_minutes=2, caption_minutes_per_day=10)
    assert len([r for r in day.kept.changes("connected") if r["source"] == "captions"]) >= 3


def test_rankings_and_hashtags_are_lists_with_places() -> None:
    day = live_day(seconds=100, rank_types=frozenset({"audience"}), rankings_every_s=60.0, hashtags_every_s=60.0)
    ranks = [record for record in day.kept.events if record["event"] == "ranking"]
    assert [(r["rank"], r["score"], r["rank_type"], r["user_unique_id"]) for r in ranks[:2]] == [
        (1, 500, "audience", "viewer0"),
        (2, 400, "audience", "viewer1"),
    ]
    assert len({record["subject_id"] for record in ranks}) == 2
    tags = [record for record in day.kept.events if record["event"] == "hashtag"]
    assert [(r["room_id"], r["rank"], r["text"], r["viewer_count"]) for r in tags[:2]] == [
        ("0", 1, "#gaming", 15_000),
        ("0", 2, "#music", 14_000),
    ]


def test_a_ranking_that_wants_cookies_is_refused_by_name_and_once() -> None:
    day = live_day(seconds=900, rank_types=frozenset({"daily"}), rankings_every_s=60.0)
    assert day.service.counted.requests["/webcast/ranklist/regional"] == 1
    assert day.said == [
        "ranking daily: a request with somebody's session cookies is out of scope: /webcast/ranklist/regional is not used"
    ]


def test_creators_by_number_are_resolved_once_a_day() -> None:
    number = "6800000000000000000"
    day = live_day(seconds=300, watched={number: number, "6800000000000099999": "6800000000000099999"})
    assert day.service.counted.requests["/webcast/resolve_user_ids"] == 1
    assert day.said == ["creator 6800000000000099999: the account is gone, or the service does not know it"]
    assert {record["host_id"] for record in day.kept.events} == {number}


def test_an_edit_of_the_watchlist_is_followed() -> None:
    names = {"live.host0": "", "live.host1": ""}
    day = live_day(
        seconds=300,
        creators=2,
        watched=names,
        before=lambda service, connector: __import__("asyncio").get_running_loop().call_later(100, names.pop, "live.host0"),
    )
    last = [record for record in day.kept.changes("disconnected") if record["host_unique_id"] == "live.host0"]
    assert [record["close_name"] for record in last] == ["STOPPED"]
    assert max(r["ingested_at"] for r in day.kept.events if r["host_unique_id"] == "live.host0") < day.end_ms - 150_000


def test_fifty_rooms_at_once() -> None:
    day = live_day(seconds=400, creators=50, per_minute=1, tier=replace(WIDE, sockets=50), check_every_s=60.0)
    assert day.service.counted.sockets == 50
    assert len({record["room_id"] for record in day.kept.events}) == 50
