"""What follows each end of a LIVE connection, and what is said."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from connectors.upstream.tiktools_closes import CLOSES, Next, close_of, refused
from polling.live.watch import LiveStoppedError
from simulator.live.script import Act
from tests.polling.live_day import WIDE, live_day

# Code -> what the log says next.
RETRIED = {
    4006: "reconnect 1 of 5",
    4429: "reconnect 1 of 5",
    4500: "reconnect 1 of 5",
    4555: "reconnect 1 of 5",
    4556: "reconnect 1 of 5",
    4999: "reconnect 1 of 5",
}
WAITED = (1000, 4005, 4404)


@pytest.mark.parametrize("code", RETRIED)
def test_a_retryable_close_is_followed_by_a_reconnect(code: int) -> None:
    day = live_day([Act(at=100, do="close", code=code)], seconds=300)
    assert day.error is None
    (said,) = day.said_of(close_of(code).name)
    assert said.startswith(f"@live.host0: {code} {close_of(code).name}: {close_of(code).message}")
    assert RETRIED[code] in said
    (gone,) = [record for record in day.kept.changes("disconnected") if record["close_name"] != "STOPPED"]
    assert (gone["close_code"], gone["outcome"]) == (code, "retry")
    first, second = day.kept.changes("connected")
    assert first["connection_id"] != second["connection_id"]
    least = 60_000 if code == 4429 else 1_000
    assert least <= second["ingested_at"] - gone["until_at"] <= least * 1.25 + 1_000
    assert day.kept.changes("ended") == []


@pytest.mark.parametrize("code", WAITED)
def test_other_closes_wait_for_the_next_live_check(code: int) -> None:
    day = live_day([Act(at=100, do="close", code=code)], seconds=300)
    (said,) = day.said_of(close_of(code).name)
    assert said.endswith("waiting until the creator is on air")
    # The fake's creator is on air still: the check says so, and the room goes on.
    assert len(day.kept.changes("connected")) == 2
    assert [record["close_name"] for record in day.kept.changes("ended")] == ([] if code == 1000 else [close_of(code).name])
    assert len({record["room_id"] for record in day.kept.rooms}) == 1


def test_bad_parameters_end_one_creator_and_not_the_others() -> None:
    day = live_day([Act(at=50, do="close", code=4400, creator=0)], seconds=200, creators=2)
    assert day.error is None
    (said,) = day.said_of("4400")
    assert "INVALID_OPTIONS" in said
    assert "not followed any more; the others are" in said
    assert "check the creator's handle" in said
    hosts = [record["host_unique_id"] for record in day.kept.changes("connected")]
    assert hosts == ["live.host0", "live.host1"]
    assert day.kept.changes("disconnected")[0]["outcome"] == "fatal"
    assert day.kept.events[-1]["host_unique_id"] == "live.host1"


def test_a_creator_outside_of_the_token_is_given_up() -> None:
    day = live_day([Act(at=50, do="close", code=4403, creator=0)], seconds=200, creators=2, use_jwt=True)
    assert "the token does not allow this creator" in day.said_of("4403")[0]
    assert len([record for record in day.kept.changes("connected") if record["host_unique_id"] == "live.host0"]) == 1


def test_a_wrong_key_stops_everything_and_is_not_shown() -> None:
    day = live_day(seconds=100, key="wrong-key")
    assert day.error is not None
    assert "does not take the key" in str(day.error)
    assert "wrong-key" not in str(day.error) + "".join(day.said)
    assert day.service.counted.requests.total() <= 2
    assert day.service.counted.connects.total() == 0


def test_a_key_that_is_withdrawn_stops_everything() -> None:
    def withdrawn(service: object, connector: object) -> None:
        service._refusal = lambda handle, key, token: 4401  # type: ignore[attr-defined]

    day = live_day(seconds=100, before=withdrawn)
    assert isinstance(day.error, LiveStoppedError)
    assert day.error.message == "tiktools: 4401 INVALID_AUTH: the service does not take the key"
    assert day.said_of("the connector stops")
    assert day.service.counted.connects.total() == 1


def test_five_reconnects_in_a_row_then_the_cadence() -> None:
    acts = [Act(at=at, do="close", code=4500) for at in range(1, 400)]
    day = live_day(acts, seconds=400, check_every_s=120.0)
    tries = [line for line in day.said if "4500 TIKTOK_CLOSED" in line]
    numbers = [int(line.split("; reconnect ")[1].split(" ")[0]) for line in tries if "; reconnect " in line]
    assert numbers[:5] == [1, 2, 3, 4, 5]
    assert tries[5].endswith("5 reconnects in a row failed; the next live check decides")
    connects = [record["ingested_at"] for record in day.kept.changes("connected")]
    # Back-offs of 1, 2, 4, 8, 16 seconds and up to a quarter more; then the check of the cadence.
    waits = [b - a for a, b in itertools.pairwise(connects)]
    for wait, least in zip(waits[:5], (1_000, 2_000, 4_000, 8_000, 16_000), strict=True):
        assert least <= wait <= least * 1.25 + 2_000
    assert connects[6] % 120_000 == connects[0] % 120_000


def test_a_broken_line_is_one_without_a_code() -> None:
    day = live_day([Act(at=30, do="cut"), Act(at=120, do="close", code=1006)], seconds=300)
    gone = [record for record in day.kept.changes("disconnected") if record["close_name"] == "BROKEN"]
    assert [record["close_code"] for record in gone] == [1006, 1006]
    assert len(day.kept.changes("connected")) == 3
    assert day.kept.rejected == []


def test_a_silent_line_is_closed_by_the_service_or_by_us() -> None:
    acts = [Act(at=30, do="silence", seconds=80), Act(at=300, do="silence", seconds=400, code=0)]
    day = live_day(acts, seconds=600)
    names = [record["close_name"] for record in day.kept.changes("disconnected")]
    assert names == ["NO_MESSAGES_TIMEOUT", "SILENT", "STOPPED"]
    dead = day.kept.changes("disconnected")[1]
    assert 390_000 <= dead["until_at"] - day.service.world.start_ms <= 410_000


def test_the_end_of_a_broadcast_is_said_once_and_the_next_one_is_another_room() -> None:
    day = live_day(seconds=600, minutes=4)
    rooms = [record["room_id"] for record in day.kept.changes("ended")]
    assert len(rooms) == len(set(rooms)) == 2
    assert {record["close_name"] for record in day.kept.changes("ended")} == {"CONTROL_3"}
    assert len({record["room_id"] for record in day.kept.changes("started")}) == 2
    assert next(content for content in day.kept.events if content["event"] == "control")["action"] == "3"


def test_a_room_that_begins_again_has_another_id() -> None:
    day = live_day([Act(at=100, do="restart")], seconds=200)
    first, second = dict.fromkeys(record["room_id"] for record in day.kept.changes("started"))
    (ended,) = day.kept.changes("ended")
    assert (ended["room_id"], ended["close_name"]) == (first, "RESTARTED")
    assert second in ended["reason"]


def test_an_offline_creator_costs_no_socket() -> None:
    day = live_day(seconds=100, watched={"nobody": ""})
    assert day.service.counted.connects.total() == 0
    assert day.kept.rooms == []


def test_http_instead_of_a_socket() -> None:
    assert refused(429) is CLOSES[4429]
    assert refused(401).next is Next.STOP
    assert (refused(502).next, refused(403).next) == (Next.RETRY, Next.RETRY)
    day = live_day([Act(at=0, do="no_sockets", seconds=3)], seconds=100)
    assert "HTTP_503" in day.said[0]
    assert len(day.kept.changes("connected")) == 1


def test_a_lifetime_ends_in_a_renewal_without_a_gap() -> None:
    short = replace(WIDE, lifetime_s=120)
    day = live_day(seconds=600, tier=short)
    gone = [record["close_name"] for record in day.kept.changes("disconnected")]
    assert gone == ["RENEWED"] * 5 + ["STOPPED"]
    spans = [(record["connected_at"], record["until_at"]) for record in day.kept.changes("disconnected")]
    assert all(later[0] <= earlier[1] for earlier, later in itertools.pairwise(spans))
    assert day.service.counted.sockets == 2


def test_a_lifetime_without_a_second_socket_is_a_gap_of_one_connect() -> None:
    short = replace(WIDE, lifetime_s=120, sockets=1)
    day = live_day(seconds=600, tier=short)
    assert day.service.counted.sockets == 1
    spans = [(record["connected_at"], record["until_at"]) for record in day.kept.changes("disconnected")]
    assert len(spans) == 6
    assert all(0 <= later[0] - earlier[1] <= 1_000 for earlier, later in itertools.pairwise(spans))
