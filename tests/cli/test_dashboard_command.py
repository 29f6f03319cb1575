"""`tokpulse dashboard` as a process, and the dashboard that the demo keeps."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli import demo
from dashboards.web.server import DEFAULT_PORT, PORT_VARIABLE, DashboardPortError, usual_port
from stack.settings import StackSettings

ROOT = Path(__file__).resolve().parents[2]
RANGE = "from=1767571200000&to=1767657600000"
# Nobody listens on port 1.
AWAY = "http://dashboard:s3cret@127.0.0.1:1/tokpulse_shared"


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """The command, with little of this process's environment but what is given."""
    command = [sys.executable, "-m", "cli.main", "dashboard", *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "TOKPULSE_BUILD") if name in os.environ}
    given = {**kept, "TOKPULSE_DATA": "/nonexistent", "PYTHONUNBUFFERED": "1", **environ}
    process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.http
def test_it_serves_while_clickhouse_is_away_and_ends_by_a_signal() -> None:
    addresses = {"CLICKHOUSE_URL": AWAY, "KAFKA_BOOTSTRAP_SERVERS": "k:1", "SCHEMA_REGISTRY_URL": "http://r:1"}
    with running("--port", "0", "--edit-thresholds", CLICKHOUSE_READER_URL=AWAY, **addresses) as process:
        assert process.stdout is not None
        url, editor = (process.stdout.readline().split(maxsplit=1)[1].strip() for _ in range(2))
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        assert re.fullmatch(re.escape(url) + r"thresholds#token=[\w-]{32}", editor)
        with httpx.Client(base_url=url, timeout=30) as client:
            assert client.get("/api/health").json() == {"status": "ok"}
            assert "uPlot" in client.get("/vendor/uPlot.iife.min.js").text
            answer = client.get(f"/api/pages/overview/panels/plays_gained?{RANGE}")
            assert (answer.status_code, "s3cret" in answer.text) == (503, False)
            assert client.get("/api/thresholds").status_code == 403
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.http
def test_views_are_kept_in_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "views.yaml"
    with running("--port", "0", "--views", str(file), CLICKHOUSE_READER_URL=AWAY) as process:
        assert process.stdout is not None
        url, views = (process.stdout.readline().split(maxsplit=1)[1].strip() for _ in range(2))
        base, _, token = views.partition("#views=")
        assert (base, len(token)) == (url, 32)
        headers = {"X-Tokpulse-Token": token, "Origin": url.rstrip("/")}
        with httpx.Client(base_url=url, timeout=30, headers=headers) as client:
            view = {"name": "mine", "address": "/overview?range=7d"}
            assert client.post("/api/views/save", json=view).json() == {"views": [view]}
    assert file.read_text().splitlines()[-1] == "mine: /overview?range=7d"


def test_it_says_what_is_missing() -> None:
    with running() as process:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert errors.startswith("error: CLICKHOUSE_READER_URL is not set")


@pytest.mark.http
def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with running("--port", str(port), CLICKHOUSE_READER_URL=AWAY) as process:
            _, errors = process.communicate(timeout=60)
            assert errors.startswith(f"error: port {port} on 127.0.0.1: Address already in use")
        # The demo goes on with another one.
        (tmp_path / "env").write_text(f"CLICKHOUSE_READER_URL={AWAY}\n", encoding="utf-8")
        with demo._dashboard(StackSettings.load(data=tmp_path), port) as url:
            assert not url.startswith(f"http://127.0.0.1:{port}/")
            assert httpx.get(f"{url}api/health").status_code == 200


@pytest.mark.parametrize("port", ["abc", "70000", "-1", "80.5", "9" * 400])
def test_the_demo_refuses_what_is_no_port_before_it_starts_anything(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setattr(demo, "up", lambda *_: pytest.fail("the stack is started"))
    monkeypatch.setenv(PORT_VARIABLE, port)
    with pytest.raises(DashboardPortError, match=f"{PORT_VARIABLE}: .* is not a port"):
        demo.command()


@pytest.mark.parametrize(("given", "port"), [({}, DEFAULT_PORT), ({PORT_VARIABLE: ""}, DEFAULT_PORT), ({PORT_VARIABLE: "0"}, 0)])
def test_the_usual_port(given: dict[str, str], port: int) -> None:
    assert usual_port(given) == port
