"""`tokpulse fake-upstream` as its own process, its refusals, and the watchlist that it writes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from simulator.settings import SimulationSettings
from simulator.upstream.clock import ScaledClock
from simulator.upstream.server import FakeUpstream, FakeUpstreamError
from simulator.upstream.service import DEMO_KEY
from simulator.upstream.watchlist import write_watchlist
from simulator.upstream.world import World

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "localhost.example", "::"])  # noqa: S104 - what must be refused
def test_other_hosts_than_loopback_are_refused(host: str) -> None:
    with pytest.raises(FakeUpstreamError, match="not a loopback address"):
        FakeUpstream(SimulationSettings(posts=1, creators=1), host=host)


def test_simulated_time_passes_faster() -> None:
    wall = [1_000]
    clock = ScaledClock(50_000, 60, lambda: wall[0])
    assert clock() == 50_000
    wall[0] += 1_500
    assert clock() == 50_000 + 90_000


def test_a_watchlist_names_what_the_upstream_has(tmp_path: Path) -> None:
    world = World(SimulationSettings(creators=120, posts=300, audience=10))
    path = tmp_path / "watchlist.yaml"
    write_watchlist(world, path, creators=110, posts=20, hashtags=3)
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(listed) == ["creators", "posts", "hashtags"]
    assert (len(listed["posts"]), len(listed["hashtags"])) == (20, 3)
    assert all(isinstance(entry, str) for entries in listed.values() for entry in entries)
    for userid in listed["creators"]:
        found = world.user(userid)
        assert found is not None
        assert not found[0].private
    assert all(world.hashtag_id(name) for name in listed["hashtags"])


@pytest.mark.http
def test_the_process_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    ledger, watchlist = tmp_path / "ledger.jsonl", tmp_path / "watchlist.yaml"
    words = ["fake-upstream", "--speed", "60", "--creators", "5", "--posts", "40", "--audience", "20", "--ledger", str(ledger)]
    words += ["--watchlist", str(watchlist), "--script", "bad-day"]
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", *words], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env={"PYTHONUNBUFFERED": "1"}
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found, line
            userid = yaml.safe_load(watchlist.read_text(encoding="utf-8"))["creators"][0]
            answer = httpx.get(
                f"{found[0]}/userinfo-by-id/", params={"userid": userid}, headers={"X-Api-Key": DEMO_KEY}, trust_env=False
            )
            assert answer.json()["user"]["id"] == userid
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert json.loads(ledger.read_text(encoding="utf-8"))["endpoint"] == "/userinfo-by-id/"
