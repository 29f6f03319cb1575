"""Requests, sockets and minutes never go above what a tier allows: counted at the service."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.upstream.tiktools_limits import TIERS
from polling.live.connector import Connector
from polling.live.limits import DailyCount, RequestGate
from polling.live.options import LiveOptions
from simulator.live.script import Act, load_live_script
from simulator.live.service import LiveService
from tests.polling.live_day import START_MS, WIDE, JumpingLoop, live_day


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("headers", [True, False], ids=["headers", "no headers"])
def test_a_scripted_day_stays_within_the_tier(tier: str, headers: bool) -> None:
    """With what the service says of its limits, and by our own count alone."""

    def hidden(service: LiveService, connector: Connector) -> None:
        if not headers:
            service.rate_headers = dict  # type: ignore[method-assign]

    day = live_day(
        load_live_script("bad-day").acts,
        seconds=500,
        creators=5,
        per_minute=6,
        tier=TIERS[tier],
        sockets_per_ip=4,
        rank_types=frozenset({"audience"}),
        hashtags_every_s=60.0,
        before=hidden,
    )
    counted, limits = day.service.counted, TIERS[tier]
    assert day.error is None
    assert counted.requests_in_a_minute <= limits.requests
    assert headers or tier not in ("sandbox", "basic") or counted.requests_in_a_minute == limits.requests, "it is pressed for"
    assert counted.sockets <= min(4, limits.sockets)
    assert counted.most_in_bulk <= min(20, limits.bulk)
    assert limits.connects_per_day is None or max(counted.connects.values()) <= limits.connects_per_day
    assert set(counted.refused) <= {"429"}, "only those that the script refuses"
    assert counted.sockets > 0


def test_a_smaller_limit_of_the_service_is_taken_over() -> None:
    served = replace(WIDE, requests=6)
    day = live_day(
        seconds=300, creators=4, per_minute=4, tier=WIDE, served=served, rank_types=frozenset({"audience"}), rankings_every_s=10.0
    )
    assert day.connector.gate.limit == 6
    assert day.said[0] == "the service allows 6 requests a minute (tier wide): fewer than was chosen"
    assert day.service.counted.requests_in_a_minute <= 6
    assert day.service.counted.refused == {}


def test_fewer_sockets_than_were_chosen_are_taken() -> None:
    day = live_day(seconds=100, creators=3, served=replace(WIDE, sockets=2))
    assert day.said[0] == "the service allows 2 sockets (tier wide): fewer than was chosen"
    assert day.service.counted.sockets == 2
    assert day.service.counted.refused == {}


def test_after_a_429_nothing_is_asked_for_a_minute() -> None:
    day = live_day([Act(at=0, do="refuse_requests", seconds=30)], seconds=200)
    assert day.service.counted.refused["429"] == 1
    assert day.said == [
        "limits: /webcast/rate_limits: HTTP 429: the service counts more requests than we do; nothing is asked for a minute"
    ]
    (connected,) = day.kept.changes("connected")
    assert 60_000 <= connected["ingested_at"] - START_MS <= 80_000


def test_the_gate_counts_a_minute_from_the_end_of_an_answer() -> None:
    loop = JumpingLoop()

    def now_ms() -> int:
        return START_MS + round(loop.now * 1000)

    async def run() -> list[tuple[float, float]]:
        gate, spans = RequestGate(3, now_ms), []

        async def ask(seconds: float) -> None:
            async with gate.place():
                begun = loop.now
                await asyncio.sleep(seconds)
                spans.append((begun, loop.now))

        await asyncio.gather(*(ask(seconds) for seconds in (5, 1, 50, 1, 1, 1, 1, 1)))
        return spans

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        spans = sorted(runner.run(run()))
    # Wherever within its span the server counts each, a minute never has a fourth.
    for at, (begun, _) in enumerate(spans[3:], start=3):
        assert begun >= sorted(end for _, end in spans[:at])[-3] + 60


def test_a_day_that_is_used_up_turns_to_polls_and_back_at_midnight(tmp_path: Path) -> None:
    few = replace(WIDE, connects_per_day=2)
    acts = [Act(at=at, do="close", code=4500) for at in (30, 60)]
    day = live_day(acts, seconds=400, tier=few, folder=tmp_path)
    assert max(day.service.counted.connects.values()) == 2
    assert day.said_of("the day's 2 sockets are used up: polls until midnight UTC")
    assert {record["source"] for record in day.kept.changes("connected")} == {"websocket", "poll"}
    # The number outlives the process, and the day ends it.
    now = [START_MS]
    again = DailyCount(tmp_path / "live-connects.json", 2, lambda: now[0])
    assert not again.use()
    now[0] += 86_400_000
    assert again.use()
    assert again.left == 1


def test_more_creators_than_sockets_are_polled_and_get_sockets_in_turn() -> None:
    two = replace(WIDE, sockets=2)
    day = live_day(seconds=900, creators=4, minutes=5, tier=two)
    by_source = {
        source: {r["host_unique_id"] for r in day.kept.changes("connected") if r["source"] == source}
        for source in ("websocket", "poll")
    }
    assert len(by_source["poll"]) >= 2
    assert len(by_source["websocket"]) > 2
    assert day.service.counted.sockets == 2


def test_limits_can_be_lowered_and_addresses_bear_four_sockets() -> None:
    assert LiveOptions(tier=TIERS["pro"]).sockets == 4
    assert LiveOptions(tier=TIERS["pro"], sockets_per_ip=50).sockets == 50
    assert LiveOptions(tier=TIERS["basic"], sockets_at_once=2, requests_per_minute=7).sockets == 2
    assert LiveOptions(tier=TIERS["basic"], requests_per_minute=7).requests == 7
    assert (LiveOptions(tier=TIERS["ultra"]).bulk, LiveOptions(tier=TIERS["sandbox"]).bulk) == (20, 1)
    assert LiveOptions(tier=TIERS["sandbox"]).renew_after_s == 270


def test_tokens_are_renewed_before_they_expire_and_after_they_did() -> None:
    acts = [Act(at=at, do="close", code=4500) for at in (1_000, 3_200, 3_400)]
    day = live_day(acts, seconds=3_600, minutes=90, per_minute=4, use_jwt=True)
    # At 3,200 s the token of the beginning is still good enough, at 3,400 s it ends too soon.
    assert day.service.counted.requests["/authentication/jwt"] == 2
    assert day.service.counted.refused["4401"] == 0
    expired = live_day([Act(at=100, do="expire_tokens"), Act(at=101, do="close", code=4401)], seconds=300, use_jwt=True)
    assert expired.error is None
    assert expired.said_of("the token has expired: a new one is asked for")
    assert len(expired.kept.changes("connected")) == 2
    assert expired.kept.changes("ended") == []
