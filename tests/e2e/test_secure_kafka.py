"""A broker that wants TLS, a user and a password: commands and jobs get in by the environment; a wrong password is one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clickhouse_connect import get_client

from connectors.clock import HOUR_MS, wall_clock_ms
from connectors.kafka.log import committed
from simulator.settings import SimulationSettings
from simulator.upstream.server import FakeUpstream
from simulator.upstream.watchlist import write_watchlist

from .secure_broker import PASSWORD, secure_broker
from .stack_process import Stack, error_lines

pytestmark = [pytest.mark.kafka, pytest.mark.flink, pytest.mark.http, pytest.mark.e2e, pytest.mark.timeout(400)]


def test_commands_and_jobs_reach_a_secured_broker(stack: Stack, tmp_path: Path) -> None:
    with secure_broker(tmp_path) as broker:
        secure = broker.environment()
        for command in (
            ("init",),
            ("simulate", "--start", "-3h", "--hours", "3", "--posts", "20", "--creators", "4"),
            ("submit", "pipeline", "--bounded"),
            ("lag",),
            ("notify", "--once", "--dry-run"),
        ):
            done = stack.run(*command, **secure)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        poll_once(stack, tmp_path, secure)
        found = stack.run("doctor", **secure)
        assert re.search(r"^ok +topics ", found.stdout, re.MULTILINE), found.stdout + found.stderr
        assert re.search(r"^(ok|WARN) +records .*tiktok.posts.events holds", found.stdout, re.MULTILINE), found.stdout
        client = get_client(dsn=stack.endpoints.clickhouse_url, autogenerate_session_id=False)
        assert client.query("SELECT count() FROM engagement_hourly").result_rows[0][0] > 20
        client.close()
        for refused in (("simulate", "--start", "-1h", "--hours", "1"), ("submit", "engagement", "--detached"), ("lag",)):
            (line,) = error_lines(stack.run(*refused, **broker.environment("a wrong one")))
            assert "uthentication" in line, (refused, line)


def poll_once(stack: Stack, folder: Path, secure: dict[str, str]) -> None:
    """A poller writes its transactions through the listener, and the next one reads there how far it came."""
    now_ms = wall_clock_ms()
    settings = SimulationSettings(seed=3, start_ms=now_ms - 5 * HOUR_MS, hours=6, creators=3, posts=20, audience=30)
    with FakeUpstream(settings, clock=lambda: now_ms) as fake:
        watchlist = folder / "watchlist.yaml"
        write_watchlist(fake.world, watchlist, 2, 2, 0)
        argv = ("poll", "--upstream", "tikliveapi", "--watchlist", str(watchlist), "--base-url", fake.url, "--once")
        key = {"TOKPULSE_TIKLIVEAPI_KEY": fake.key}
        for _ in range(2):
            done = stack.run(*argv, **secure, **key)
            assert done.returncode == 0, done.stderr
            # Who it is and what it pays with is nobody's business.
            assert not [secret for secret in (PASSWORD, fake.key) if secret in done.stdout + done.stderr]
        (line,) = error_lines(stack.run(*argv, **secure | {"TOKPULSE_KAFKA_SASL_PASSWORD": "a wrong one"}, **key))
        assert "uthentication" in line
    written = committed_through(secure, "tiktok.poller.cursors")
    assert len([key for key in written if key.startswith(b"tikliveapi/")]) >= 8


def committed_through(secure: dict[str, str], topic: str) -> list[bytes]:
    """Keys of the records of `topic`, read through the listener."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secure.items():
            patch.setenv(name, value)
        return [bytes(message.key() or b"") for message in committed(secure["KAFKA_BOOTSTRAP_SERVERS"], topic)]
