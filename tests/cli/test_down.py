"""What `tokpulse down` says of jobs that it stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import down
from connectors.flink.rest import FlinkRest
from stack.kept_jobs import KeptJob, KeptJobs, now
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
    assert down.running_jobs(settings) == [("pipeline", "a", Path("/x y")), ("engagement", "b", None)]


def test_each_job_is_named_with_how_it_goes_on(
    settings: StackSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (9, 10, 11):
        (tmp_path / f"chk-{number}").mkdir()
    for number in (9, 10):
        (tmp_path / f"chk-{number}" / "_metadata").touch()
    KeptJobs(settings).write(KeptJob(job="engagement", run_id="r", submitted_at=now(), ids=("b",), jobmanager="1 1.0", code=""))
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    monkeypatch.setattr(down, "running_jobs", lambda _: [("pipeline", "a", tmp_path), ("engagement", "b", None)])
    monkeypatch.setattr(down, "down", lambda _: ["kafka"])
    down.command()
    assert capsys.readouterr().out.splitlines() == [
        "stopped: kafka",
        "job engagement: the next `tokpulse up` starts it again where it was; `tokpulse stop engagement` keeps it from that",
        f"job pipeline ran; `tokpulse submit pipeline --from-savepoint {tmp_path / 'chk-10'}` goes on where it was",
    ]


def test_a_jobmanager_that_is_away_stops_nobody(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(503))
    monkeypatch.setattr(down, "FlinkRest", lambda url, timeout: FlinkRest(url, timeout, transport))
    assert down.running_jobs(settings) == []
