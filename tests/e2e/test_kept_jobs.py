"""A job that should run comes back by itself, from its newest good checkpoint, with the rows of a run that nothing happened to.

One job for the whole module, in file order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from connectors.clock import HOUR_MS
from connectors.flink.checkpoints import METADATA, whole
from simulator.bulk import BulkSettings, write_bulk
from simulator.settings import DEFAULT_START_MS
from tests.waiting import until

from .records import differences, producing, recomputed, table
from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(400)]

JOB = "engagement"
# A minute is promised; a machine that does five things at a time gets two.
AGAIN_S = 120.0
HOURS = 2


@dataclass
class Live:
    """The job, by the id that it has at the moment, and what it has been given to read."""

    stack: Stack
    id: str
    hours: int = field(default=0)

    def feed(self) -> None:
        """The next hours of observations; returns when their rows are in the table."""
        start_ms = DEFAULT_START_MS + self.hours * HOUR_MS
        with producing(self.stack.endpoints) as producer:
            write_bulk(producer, BulkSettings(seed=5, posts=1_500, creators=50, hours=HOURS, poll_minutes=20, start_ms=start_ms))
        self.hours += HOURS
        self.assert_equal()

    def assert_equal(self) -> None:
        """Nothing is lost, and nothing is there twice. Whether an hour has closed is the watermark's matter."""
        _, rows = recomputed(self.stack.endpoints)
        expected = [{**row, "is_final": 0} for row in rows]

        def unequal() -> list[str]:
            return differences([{**row, "is_final": 0} for row in table(self.stack)], expected)

        until(lambda: unequal() == [], 90, "the table has what Kafka has", ignoring=(Exception,))

    def checkpoints(self, more_than: int = 0) -> list[Path]:
        """Those of its present life, the newest first, once there are some."""
        folder = self.stack.data / "flink" / "checkpoints" / self.id
        return until(lambda: (found := whole(folder)) and len(found) > more_than and found, 60, "checkpoints are complete") or []

    def kill_jobmanager(self) -> None:
        os.kill(self.stack.pid("jobmanager"), signal.SIGKILL)

    def await_life(self, since: float) -> Path:
        """Returns when another job runs in its place, and gives the checkpoint that this one has gone on from."""

        def running() -> str:
            jobs = [job for job in self.stack.jobs() if job["state"] == "RUNNING" and job["jid"] != self.id]
            tasks = [vertex["status"] for job in jobs for vertex in self.stack.rest(f"/jobs/{job['jid']}")["vertices"]]
            return str(jobs[0]["jid"]) if len(jobs) == 1 and set(tasks) == {"RUNNING"} else ""

        self.id = until(running, AGAIN_S, "the job runs again", ignoring=(Exception,))
        print(f"running again after {time.monotonic() - since:.1f} s")
        restored = self.stack.rest(f"/jobs/{self.id}/checkpoints")["latest"]["restored"]
        return Path(str(restored["external_path"]).removeprefix("file:"))

    def line(self) -> dict[str, Any]:
        """What `tokpulse jobs` says of it."""
        (found,) = json.loads(self.stack.run("jobs", "--json").stdout)
        return dict(found)


@pytest.fixture(scope="module")
def live(running_stack: Stack) -> Iterator[Live]:
    running_stack.clear()
    # What the environment says must hold for every life of the job.
    job = Live(running_stack, running_stack.submit(JOB, "--detached", "--run-id", "kept", TOKPULSE_IDLE_TIMEOUT="2 s"))
    job.feed()
    yield job
    running_stack.cancel_all()


def test_a_killed_jobmanager_costs_no_hand(live: Live) -> None:
    newest, since = live.checkpoints()[0], time.monotonic()
    live.kill_jobmanager()
    restored = live.await_life(since)
    assert restored.parent == newest.parent
    assert int(restored.name.removeprefix("chk-")) >= int(newest.name.removeprefix("chk-"))
    live.feed()
    line = live.line()
    assert (line["should_run"], line["state"], line["id"], line["started_again"], line["notes"]) == (
        "yes",
        "RUNNING",
        live.id,
        1,
        [],
    )
    parameters = live.stack.rest(f"/jobs/{live.id}/config")["execution-config"]["user-config"]
    assert parameters["tokpulse.live-run"] == "kept"


def test_a_second_copy_is_refused(live: Live) -> None:
    refused = live.stack.run("submit", JOB, "--detached")
    assert refused.returncode == 1
    assert f"job {JOB} ({live.id}) is RUNNING already" in refused.stderr


@pytest.mark.soak
def test_cut_metadata_lead_to_the_checkpoint_before_and_an_alarm(live: Live) -> None:
    live.checkpoints(more_than=1)
    since = time.monotonic()
    live.kill_jobmanager()
    newest, before = live.checkpoints()[:2]
    metadata = newest / METADATA
    metadata.write_bytes(metadata.read_bytes()[: metadata.stat().st_size // 2])
    assert live.await_life(since) == before
    live.feed()
    assert f"checkpoint {newest} cannot be used" in live.stack.run("status").stdout
    assert f"checkpoint {newest} cannot be used" in live.stack.run("doctor").stdout.replace("\n", " ")
    assert live.line()["notes"] != []


def test_everything_killed_and_a_file_of_state_gone(live: Live, up_again: Callable[[], subprocess.CompletedProcess[str]]) -> None:
    live.checkpoints(more_than=1)
    killed = live.stack.processes()
    for process in killed:
        process.kill()
    psutil.wait_procs(killed, timeout=20)
    newest, before = live.checkpoints()[:2]
    states = sorted((path for path in newest.iterdir() if path.name != METADATA), key=lambda path: path.stat().st_size)
    states[-1].unlink()
    since = time.monotonic()
    up = up_again()
    assert up.returncode == 0, up.stderr
    assert f"job {JOB} starts again where it was" in up.stdout
    assert live.await_life(since) == before
    live.feed()


@pytest.mark.soak
def test_an_upgrade_that_fits_keeps_the_state(live: Live) -> None:
    live.checkpoints(more_than=0)
    done = live.stack.run("upgrade", JOB)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"the state of job {JOB} fits the plan of now" in done.stdout
    restored = live.await_life(time.monotonic())
    assert restored.name.startswith("savepoint-")
    live.feed()


def test_a_job_that_is_stopped_stays_away(live: Live) -> None:
    done = live.stack.run("stop", JOB)
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: live.stack.state(live.id) == "FINISHED", 60, "the JobManager says so, too")
    savepoint = next(text for text in done.stdout.splitlines() if text.startswith("savepoint: ")).removeprefix("savepoint: ")
    assert Path(savepoint.removeprefix("file:"), METADATA).is_file()
    assert f"tokpulse submit {JOB} --idle-timeout '2 s' --from-savepoint {savepoint}" in done.stdout
    assert list((live.stack.data / "jobs").glob("*.json")) == []
    assert json.loads(live.stack.run("jobs", "--json").stdout) == []
