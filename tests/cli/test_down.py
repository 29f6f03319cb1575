"""What `tokpulse down` says of jobs that it stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import down
from connectors.flink.rest import FlinkRest
from stack.settings import StackSettings

JOBS = [
    {"jid": "a", "name": "pipeline", "state": "RUNNING", "start-time": 2, "end-time": -1},
    {"jid": "b", "name": "engagement", "state": "RESTARTING", "start-time": 1, "end-time": -1},
    {"jid": "c", "name": "velocity", "state": "CANCELED", "start-time": 0, "end-time": 1},
]
COUNTS = {"completed": 1, "failed": 0}
ANSWERS: dict[str, Any] = {
    "/jobs/overview": {"jobs": JOBS},
    "/jobs/a/checkpoints": {"counts": COUNTS, "latest": {"completed": {"external_path": "file:/x y/chk-7"}}},
    "/jobs/b/checkpoints": {"counts": COUNTS, "latest": {}},
}


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    (tmp_path / "env").write_text("FLINK_REST_URL=http://127.0.0.1:1\n")
    return StackSettings.load({}, data=tmp_path)


def test_jobs_that_run_are_named_with_the_folder_of_their_checkpoints(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=ANSWERS[request.url.path]))
    monkeypatch.setattr(down, "FlinkRest", lambda url, timeout: FlinkRest(url, timeout, transport))
    monkeypatch.setenv("FLINK_REST_URL", "http://another-cluster:8081")
    assert down.running_jobs(settings) == [("pipeline", Path("/x y")), ("engagement", None)]


def test_a_job_goes_on_from_the_last_whole_checkpoint(tmp_path: Path) -> None:
    for number in (9, 10, 11):
        (tmp_path / f"chk-{number}").mkdir()
    for number in (9, 10):
        (tmp_path / f"chk-{number}" / "_metadata").touch()
    assert down.newest_checkpoint(tmp_path) == tmp_path / "chk-10"
    assert down.newest_checkpoint(tmp_path / "chk-9") is None
    assert down.newest_checkpoint(None) is None


def test_a_jobmanager_that_is_away_stops_nobody(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(503))
    monkeypatch.setattr(down, "FlinkRest", lambda url, timeout: FlinkRest(url, timeout, transport))
    assert down.running_jobs(settings) == []
