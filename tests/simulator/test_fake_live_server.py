"""The fake LIVE service on real ports, followed by the real connector; limits and acts of the fake itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from connectors.clock import wall_clock_ms
from connectors.upstream.tiktools_limits import TIERS
from simulator.live.ledger import LiveLedger, read_live_ledger
from simulator.live.script import LiveScriptError, load_live_script
from simulator.live.server import serve_live
from simulator.live.service import KEY, LiveService
from simulator.live.world import LiveWorld
from simulator.upstream.server import FakeUpstreamError

DEADLINE_S = 60.0


def world(start_ms: int) -> LiveWorld:
    return LiveWorld(5, start_ms, creators=2, minutes=30, per_minute=600, apart_s=0)


@pytest.mark.http
def test_requests_and_sockets_on_real_ports(tmp_path: Path) -> None:
    now = wall_clock_ms()
    service = LiveService(world(now - 60_000), TIERS["basic"], wall_clock_ms, ledger=LiveLedger(tmp_path / "ledger"))

    async def run() -> tuple[list[str], int, int]:
        ended, told = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(serve_live(service, lambda *addresses: told.set_result(addresses), ended))
        requests, sockets = await told
        async with httpx.AsyncClient(base_url=requests, headers={"x-api-key": KEY}, trust_env=False) as client:
            answer = await client.post("/webcast/bulk_live_check", json={"unique_ids": ["live.host0", "nobody"]})
            assert answer.json() == {"status_code": 0, "data": {"live.host0": True, "nobody": False}}
            assert answer.headers["X-RateLimit-Remaining"] == str(TIERS["basic"].requests - 1)
            for _ in range(TIERS["basic"].requests):
                answer = await client.post("/webcast/bulk_live_check", json={"unique_ids": []})
            refused = answer.status_code
        address = sockets.replace("http", "ws")
        got = []
        async with connect(f"{address}/?uniqueId=live.host0&apiKey={KEY}", proxy=None) as socket:
            for _ in range(50):
                got.append(str(await socket.recv()))
            others = [await connect(f"{address}/?uniqueId=live.host1&apiKey={KEY}", proxy=None) for _ in range(3)]
            for other in others[:2]:
                await other.recv()
            with pytest.raises(ConnectionClosed):
                await others[2].recv()
            code = others[2].close_code or 0
            for other in others:
                await other.close()
        ended.set()
        await serving
        return got, refused, code

    got, refused, code = asyncio.run(asyncio.wait_for(run(), DEADLINE_S))
    assert (refused, code) == (429, 4429)
    assert json.loads(got[0])["event"] == "roomInfo"
    sent = [line.frame for line in read_live_ledger(tmp_path / "ledger") if line.connection == "s1" and line.what == "frame"]
    assert [json.loads(text) for text in got] == sent[: len(got)]
    assert service.counted.sockets == TIERS["basic"].sockets


def test_the_same_seed_gives_the_same_messages() -> None:
    one, other = (LiveWorld(5, 0, creators=1, minutes=3) for _ in range(2))
    assert one.all[0].messages == other.all[0].messages
    assert LiveWorld(6, 0, creators=1, minutes=3).all[0].messages != one.all[0].messages
    kinds = {frame["event"] for _, frame in LiveWorld(5, 0, creators=1, minutes=30).all[0].messages}
    assert kinds == {
        *("chat", "like", "gift", "member", "social", "roomUserSeq", "subscribe", "emoteChat", "battle", "question", "control"),
        "envelope",
    }


def test_combos_grow_by_one_and_end_once() -> None:
    combos: dict[str, list[tuple[int, bool]]] = {}
    show = LiveWorld(5, 0, creators=1, minutes=30).all[0]
    for _, frame in show.messages:
        if frame["event"] == "gift":
            data = frame["data"]
            combos.setdefault(data["msgId"].rpartition("-")[0], []).append((data["repeatCount"], data["repeatEnd"]))
    assert len(combos) > 100
    for steps in combos.values():
        assert [count for count, _ in steps] == list(range(1, len(steps) + 1))
        assert not any(end for _, end in steps[:-1])
    assert sum(steps[-1][1] for steps in combos.values()) >= len(combos) - 2, "the end of the show may cut some"


def test_a_script_names_its_mistake(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("acts:\n  - { at: 5, do: explode }\n")
    with pytest.raises(LiveScriptError, match=r"s\.yaml:2"):
        load_live_script(str(tmp_path / "s.yaml"))
    assert {act.do for act in load_live_script("bad-day").acts} >= {"close", "cut", "silence", "restart", "no_credits", "skew"}


def test_it_serves_this_machine_only() -> None:
    service = LiveService(world(0), TIERS["basic"], wall_clock_ms)
    with pytest.raises(FakeUpstreamError, match="not a loopback address"):
        asyncio.run(serve_live(service, lambda *_: None, asyncio.Event(), "0.0.0.0"))  # noqa: S104
