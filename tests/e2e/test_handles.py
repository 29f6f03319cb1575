"""From an empty folder: three handles, no id typed in, and records of their accounts in Kafka."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.clock import HOUR_MS, wall_clock_ms
from connectors.kafka.log import committed
from connectors.paths import REPOSITORY
from polling.watching.handles import handle_file
from simulator.settings import SimulationSettings
from simulator.upstream.server import FakeUpstream

from .stack_process import Stack
from .upstream_day import records

pytestmark = [pytest.mark.kafka, pytest.mark.http, pytest.mark.e2e]

BUDGET = 40


@pytest.mark.parametrize("upstream", ["tikliveapi", "tikapi"])
def test_three_handles_are_all_that_is_typed_in(running_stack: Stack, tmp_path: Path, upstream: str) -> None:
    running_stack.clear()
    data, watchlist, endpoints = tmp_path / "data", tmp_path / "watchlist.yaml", running_stack.endpoints
    services = {name: endpoints.values[name] for name in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")}
    # Posts of a day, of which some are old and some are to come.
    start_ms = wall_clock_ms() // HOUR_MS * HOUR_MS - 12 * HOUR_MS
    settings = SimulationSettings(seed=7, start_ms=start_ms, hours=24, creators=8, posts=60, audience=40)

    def started(*args: str) -> subprocess.CompletedProcess[str]:
        environment = running_stack.environment(**services, **{f"TOKPULSE_{upstream.upper()}_KEY": fake.key})
        argv = [sys.executable, "-m", "cli.main", "--data-dir", str(data), *args]
        return subprocess.run(argv, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def run(*args: str) -> str:
        done = started(*args, "--watchlist", str(watchlist))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with FakeUpstream(settings) as fake:
        three = [user for user in fake.world.universe.creators if not user.private][:3]
        poll = ("poll", "--upstream", upstream, "--base-url", fake.url, "--once")
        run("watch", "add", *(f"@{user.unique_id}" for user in three))
        watchlist.write_text(f"credits_per_day: {BUDGET} # a small one\n{watchlist.read_text()}")
        assert upstream in run("watch", "estimate")
        assert fake.ledger.entries == []
        run(*poll)
        users = {key for key, _ in records(endpoints, "tiktok.users.snapshots")}
        authors = {record["author_id"] for _, record in records(endpoints, "tiktok.posts.events")}
        assert users == {user.userid for user in three}
        assert authors
        assert authors <= users
        listed = json.loads(run("watch", "list", "--json"))
        assert [(row["userid"], row["state"]) for row in listed] == [(user.userid, "known") for user in three]

        # A week later the first one has another name, and somebody else has the second one's.
        for name, kept in handle_file(data).read().items():
            handle_file(data).keep(name, replace(kept, checked_ms=kept.checked_ms - 169 * HOUR_MS), lambda name, kept: False)
        fake.world.rename(three[0].userid, "quite.new")
        fake.world.rename(fake.world.universe.audience[0].userid, three[1].unique_id)
        run(*poll)
        told = json.loads(started("status", "--json").stdout)["handles"]
        assert sorted(line.split(":")[0] for line in told) == sorted(f"@{user.unique_id}" for user in three[:2])
        assert any("another account has this handle now" in line for line in told)
        assert {key for key, _ in records(endpoints, "tiktok.users.snapshots")} == users
        assert len(fake.ledger.entries) <= BUDGET
    keys = [message.key() for message in committed(endpoints.kafka_bootstrap_servers, "tiktok.poller.cursors")]
    assert keys
    assert not any(user.unique_id.encode() in (key or b"") for key in keys for user in three), "a handle is in a key of Kafka"
