"""A job that the JobManager has lost is submitted again: once, from its newest good checkpoint, and not for ever."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.flink.rest import FlinkRest
from jobs.failure import BROKEN
from jobs.options import LIVE_RUN
from stack import process
from stack.job_keeper import ATTEMPTS, JobKeeper
from stack.kept_jobs import JobBusyError, KeptJob, KeptJobError, KeptJobs, jobmanager_life, now
from stack.settings import StackSettings
from stack.submission import Client, Fit, Submission, code_version

PLAN = "[1]:Calc(select=[a], where=[a > 1])"
RESTORE_FAILED = (
    "java.lang.Exception: Exception while creating StreamOperatorStateContext.\nCaused by: java.lang.X: Could not restore keyed"
)


@dataclass
class FakeJob:
    state: str
    run_id: str
    name: str = "engagement"
    completed: int = 0
    trace: str = ""
    completed_ms: int = 0
    savepoint: str = ""


@dataclass
class FakeFlink:
    """Answers as the JobManager's REST API does; its jobs are what a test says."""

    jobs: dict[str, FakeJob] = field(default_factory=dict)
    reachable: bool = True

    def rest(self) -> FlinkRest:
        return FlinkRest("http://127.0.0.1:1", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self.reachable:
            raise httpx.ConnectError("refused")
        if request.url.path == "/jobs/overview":
            jobs = [
                {"jid": job_id, "name": job.name, "state": job.state, "start-time": number, "end-time": -1}
                for number, (job_id, job) in enumerate(self.jobs.items())
            ]
            return httpx.Response(200, json={"jobs": jobs})
        match = re.fullmatch(r"/jobs/(\w+)(?:/(\w+))?", request.url.path)
        assert match is not None, request.url
        job = self.jobs[match[1]]
        if request.method == "PATCH":
            job.state = "CANCELED"
            return httpx.Response(202, json={})
        entries = [{"stacktrace": job.trace, "timestamp": 1}] if job.trace else []
        answers: dict[str, Any] = {
            "config": {"execution-config": {"user-config": {LIVE_RUN: job.run_id} if job.run_id else {}}},
            "exceptions": {"exceptionHistory": {"entries": entries}},
            "plan": {"plan": {"nodes": [{"description": PLAN.replace(">", "&gt;")}]}},
            "checkpoints": {
                "counts": {"completed": job.completed, "failed": 0},
                "latest": {
                    "completed": {"latest_ack_timestamp": job.completed_ms},
                    "savepoint": {"external_path": job.savepoint},
                },
            },
        }
        return httpx.Response(200, json=answers[match[2]])


class FakeClient(Client):
    """Submits to the world, in no time."""

    def __init__(self, world: World) -> None:
        super().__init__(world.settings, threading.Event())
        object.__setattr__(self, "world", world)

    world: World

    def obstacle(self, kept: KeptJob) -> str:
        return self.world.obstacle

    def submit(self, kept: KeptJob, savepoint: str) -> Submission | None:
        return self.world.submission(kept, savepoint)

    def compare(self, kept: KeptJob, checkpoint: str, plan: str) -> Fit | None:
        assert plan == PLAN
        return self.world.fit


class World:
    """One data directory, one Flink, and the answers that submissions get; every submission that succeeds makes a job."""

    def __init__(self, data: Path) -> None:
        self.settings = StackSettings.load({}, data=data)
        self.store = KeptJobs(self.settings)
        self.flink = FakeFlink()
        self.now = 1_000.0
        self.obstacle = ""
        self.fit = Fit()
        self.problems: list[str] = []
        self.submitted: list[str] = []
        self.copies = 1
        self.settings.run.mkdir(parents=True)
        self.settings.ready_file.touch()
        self.new_jobmanager()
        self.client = FakeClient(self)
        self.new_supervisor()

    def new_supervisor(self) -> None:
        """Remembers nothing but what is on disk."""
        self.keeper = JobKeeper(self.settings, self.flink.rest(), self.client, clock=lambda: self.now)

    def submission(self, kept: KeptJob, checkpoint: str) -> Submission:
        self.submitted.append(Path(checkpoint).name)
        problem = self.problems.pop(0) if self.problems else ""
        if problem:
            return Submission("", problem)
        for copy in range(self.copies):
            job_id = f"again{len(self.submitted)}{'x' * copy}"
            self.flink.jobs[job_id] = FakeJob("RUNNING", kept.run_id)
        return Submission(f"again{len(self.submitted)}")

    def new_jobmanager(self) -> None:
        """The JobManager dies, and the next one knows of no job."""
        self.flink.jobs.clear()
        path = self.settings.run / "jobmanager.pid"
        last = process.read_pid_file(path)
        process.write_pid_file(path, process.ProcessId(last.pid + 1 if last else 1, self.now))

    def submit(self, checkpoints: int = 3) -> None:
        """What `tokpulse submit engagement` leaves behind, and Flink after some time."""
        self.flink.jobs["first"] = FakeJob("RUNNING", "run-1", completed=checkpoints)
        life = jobmanager_life(self.settings)
        self.store.write(
            KeptJob(job="engagement", run_id="run-1", submitted_at=now(), ids=("first",), jobmanager=life, code=code_version())
        )
        self.checkpoints("first", range(1, checkpoints + 1))

    def checkpoints(self, job_id: str, numbers: range) -> None:
        for number in numbers:
            folder = self.store.folder(job_id) / f"chk-{number}"
            folder.mkdir(parents=True)
            (folder / "_metadata").touch()

    def tick(self, times: int = 1, seconds: float = 2.0) -> None:
        for _ in range(times):
            self.keeper.tick()
            self.now += seconds

    @property
    def kept(self) -> KeptJob:
        found = self.store.read("engagement")
        assert found is not None
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_job_that_runs_is_left_alone(world: World) -> None:
    world.submit()
    before = world.kept
    world.tick(5)
    # But for notes: what it is, for the day when its SQL has changed, and that it must not start anew.
    assert (world.submitted, world.kept) == ([], before.model_copy(update={"plan": PLAN, "had_checkpoint": True}))


def test_a_job_that_the_jobmanager_has_lost_goes_on_once_from_its_newest_checkpoint(world: World) -> None:
    world.submit()
    # The next one is in the making: it has no metadata yet.
    (world.store.folder("first") / "chk-4").mkdir()
    world.new_jobmanager()
    world.tick(3)
    assert world.submitted == ["chk-3"]
    assert (world.kept.ids, world.kept.restarts, world.kept.notes(now())) == (("first", "again1"), 1, [])
    world.flink.jobs["again1"].completed = 1
    world.tick(3)
    assert (world.submitted, world.kept.failures) == (["chk-3"], 0)


def test_a_jobmanager_that_does_not_answer_has_lost_nothing(world: World) -> None:
    world.submit()
    world.flink.reachable = False
    world.tick(1_000)
    assert world.submitted == []
    world.flink.reachable = True
    world.tick()
    assert world.submitted == []


def test_nothing_is_started_before_up_has_set_everything_up(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.settings.ready_file.unlink()
    world.tick(10)
    assert world.submitted == []


@pytest.mark.parametrize("state", ["CANCELED", "FINISHED"])
def test_a_job_that_a_person_has_ended_does_not_come_back(world: World, state: str) -> None:
    world.submit()
    world.flink.jobs["first"].state = state
    world.tick()
    world.new_jobmanager()
    world.tick(5)
    assert (world.submitted, world.store.names()) == ([], [])


def test_what_the_same_jobmanager_has_forgotten_had_ended(world: World) -> None:
    world.submit()
    world.flink.jobs.clear()
    world.tick(3)
    assert (world.submitted, world.store.names()) == ([], [])


def test_a_failed_job_is_not_tried_again_and_says_why(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.submit()
    world.flink.jobs["first"] = FakeJob("FAILED", "run-1", completed=3, trace="a.B: outer\nCaused by: a.Brake: only bad records")
    world.tick(5)
    assert (world.submitted, world.kept.given_up) == ([], "it FAILED: only bad records")
    assert "engagement is given up" in caplog.text


def test_a_checkpoint_that_is_not_whole_is_passed_over_with_an_alarm(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.submit()
    world.new_jobmanager()
    world.problems = [f"chk-3 {BROKEN}: java.io.EOFException"]
    world.tick(2, seconds=0.0)
    assert world.submitted == ["chk-3", "chk-2"]
    world.flink.jobs["again2"].completed = 1
    world.tick(3)
    assert world.kept.failures == 0
    (note,) = world.kept.notes(now())
    assert "chk-3 cannot be used, an older one is taken: chk-3 cannot be restored: java.io.EOFException" in note
    assert [record.levelname for record in caplog.records if "cannot be used" in record.message] == ["ERROR"]


def test_a_job_that_cannot_restore_ends_and_goes_on_from_the_checkpoint_before(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.tick()
    world.flink.jobs["again1"].trace = RESTORE_FAILED
    world.flink.jobs["again1"].state = "RESTARTING"
    world.tick(3)
    assert world.submitted == ["chk-3", "chk-2"]
    assert {job_id: job.state for job_id, job in world.flink.jobs.items()} == {"again1": "CANCELED", "again2": "RUNNING"}
    assert "chk-3" in world.kept.alarm
    # An error that has nothing to do with state is Flink's own matter.
    world.flink.jobs["again2"].trace = "java.lang.RuntimeException: ClickHouse is away"
    world.tick(3)
    assert world.flink.jobs["again2"].state == "RUNNING"


def test_without_a_good_checkpoint_it_is_given_up_and_never_starts_anew(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.problems = [f"it {BROKEN}: gone"] * 9
    world.tick(9)
    assert world.submitted == ["chk-3", "chk-2", "chk-1"]
    assert world.kept.given_up == "none of its 3 checkpoints can be restored"


def test_a_job_without_any_checkpoint_starts_from_the_beginning_or_from_its_savepoint(world: World) -> None:
    world.submit(checkpoints=0)
    world.new_jobmanager()
    world.tick()
    assert world.submitted == [""]
    world.store.write(world.kept.model_copy(update={"savepoint": "/kept/savepoint-1"}))
    world.new_jobmanager()
    world.tick()
    assert world.submitted == ["", "savepoint-1"]


def test_attempts_are_further_and_further_apart_and_end_loudly(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.submit()
    world.new_jobmanager()
    world.problems = ["flink run failed: no such thing"] * 99
    times = []
    for _ in range(600):
        before = len(world.submitted)
        world.tick(seconds=1.0)
        times += [world.now] * (len(world.submitted) - before)
    assert world.submitted == ["chk-3"] * ATTEMPTS
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [2, 4, 8, 16, 32]
    assert world.kept.given_up == "6 attempts in a row have failed, the last one: flink run failed: no such thing"
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR][-1].startswith(
        "job engagement is given up"
    )
    # Whoever starts the stack again wants its jobs.
    world.problems = []
    world.new_supervisor()
    world.tick()
    assert (world.kept.given_up, world.kept.id) == ("", "again7")


def test_state_that_another_program_wrote_fits_no_better_the_next_time(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.problems = [
        "flink run failed: Failed to rollback. Cannot map checkpoint/savepoint state for operator 1 to the new program"
    ]
    world.tick(5)
    assert world.submitted == ["chk-3"]
    assert "does not fit the SQL" in world.kept.given_up


@pytest.mark.parametrize("fits", [True, False])
def test_changed_sql_is_compared_before_it_gets_the_state(world: World, fits: bool) -> None:
    world.submit()
    world.tick()
    world.store.write(world.kept.model_copy(update={"code": "of another day"}))
    world.new_jobmanager()
    world.fit = Fit() if fits else Fit(("GlobalWindowAggregate has state of another form",))
    world.tick(5)
    assert world.submitted == (["chk-3"] if fits else [])
    assert ("GlobalWindowAggregate has state of another form" in world.kept.given_up) != fits
    assert (world.kept.code == code_version()) == fits


def test_a_comparison_that_fails_is_an_attempt(world: World) -> None:
    world.submit()
    world.tick()
    world.store.write(world.kept.model_copy(update={"code": "of another day"}))
    world.new_jobmanager()
    world.fit = Fit(problem="flink run failed: no memory")
    world.tick(3)
    assert (world.submitted, world.kept.waiting) == ([], "flink run failed: no memory")
    assert world.kept.failures > 0


def test_while_a_service_is_away_it_waits_and_no_attempt_counts(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.obstacle = "no Kafka broker answers"
    world.tick(100)
    assert (world.submitted, world.kept.failures) == ([], 0)
    assert world.kept.notes(now()) == ["waits: no Kafka broker answers"]
    world.obstacle = ""
    world.tick()
    assert (world.submitted, world.kept.notes(now())) == (["chk-3"], [])


def test_a_second_copy_ends_at_once(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.copies = 2
    world.tick(3)
    assert {job_id: job.state for job_id, job in world.flink.jobs.items()} == {"again1": "RUNNING", "again1x": "CANCELED"}
    assert (world.submitted, world.kept.id) == (["chk-3"], "again1")


def test_a_copy_that_runs_already_is_taken_for_the_job_but_not_a_backfill(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.flink.jobs["backfill"] = FakeJob("RUNNING", "")
    world.flink.jobs["other"] = FakeJob("RUNNING", "run-2")
    world.flink.jobs["pasted"] = FakeJob("RUNNING", "run-1")
    world.tick(3)
    assert (world.submitted, world.kept.ids) == ([], ("first", "pasted"))
    assert {job.state for job in world.flink.jobs.values()} == {"RUNNING"}


def test_who_holds_the_lock_is_not_disturbed(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    with world.store.held("engagement"):
        world.tick(5)
        with pytest.raises(JobBusyError, match="engagement"), world.store.held("engagement"):
            pass
    assert world.submitted == []


def test_a_command_waits_until_the_supervisor_has_looked(world: World) -> None:
    looking, looked = threading.Event(), threading.Event()

    def look() -> None:
        with world.store.held("engagement"):
            looking.set()
            looked.wait(10)

    thread = threading.Thread(target=look)
    thread.start()
    assert looking.wait(10)
    threading.Timer(0.2, looked.set).start()
    with world.store.held("engagement", wait_s=10):
        assert looked.is_set()
    thread.join()


def test_checkpoints_of_former_lives_go_when_there_are_three_of_its_own(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.tick()
    world.flink.jobs["again1"].completed = 1
    world.checkpoints("again1", range(4, 6))
    world.tick(3)
    assert [path.name for path in world.store.checkpoints(world.kept)] == ["chk-5", "chk-4", "chk-3", "chk-2", "chk-1"]
    world.checkpoints("again1", range(6, 7))
    world.tick(2)
    assert world.kept.ids == ("again1",)
    assert not world.store.folder("first").exists()
    assert world.store.folder("again1").is_dir()


def test_a_file_cut_at_any_length_is_told_once_and_stops_no_other_job(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.submit()
    world.new_jobmanager()
    path = world.settings.data / "jobs" / "velocity.json"
    text = (world.settings.data / "jobs" / "engagement.json").read_bytes()
    for length in range(len(text.rstrip())):
        path.write_bytes(text[:length])
        with pytest.raises(KeptJobError, match=r"velocity\.json"):
            world.store.read("velocity")
    world.tick(3)
    assert world.submitted == ["chk-3"]
    assert len([record for record in caplog.records if "is not kept running: cannot read" in record.message]) == 1


@pytest.mark.parametrize("text", [b"\xff", b"[]", b'{"job": "engagement", "more": 1}'])
def test_a_file_of_something_else_is_refused(world: World, text: bytes) -> None:
    world.submit()
    (world.settings.data / "jobs" / "engagement.json").write_bytes(text)
    with pytest.raises(KeptJobError, match=r"engagement\.json"):
        world.store.read("engagement")


def test_the_supervisor_outlives_an_error_in_its_keeper(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    class Stop:
        def wait(self, _: float) -> bool:
            looked.append(1)
            return len(looked) > 2

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    world.submit()
    world.new_jobmanager()
    monkeypatch.setattr(world, "submission", broken)
    run: Callable[[Any], None] = world.keeper.run
    run(Stop())
    assert len(looked) == 3
    # Each look finds it: told once.
    assert len([record for record in caplog.records if "is not kept running: ZeroDivisionError" in record.message]) == 1


def test_a_disk_that_is_full_when_the_supervisor_starts_ends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.submit()
    world.store.write(world.kept.model_copy(update={"given_up": "the last life's"}))
    world.new_jobmanager()
    write = KeptJobs.write

    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(KeptJobs, "write", full)
    world.tick(2)
    assert world.kept.given_up
    monkeypatch.setattr(KeptJobs, "write", write)
    world.tick(2)
    assert (world.submitted, world.kept.given_up) == (["chk-3"], "")


def test_an_error_with_one_job_is_no_other_jobs_matter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.submit()
    world.store.write(world.kept.model_copy(update={"job": "comments", "ids": ("c",)}))
    world.new_jobmanager()
    look: Callable[..., None] = world.keeper._look

    def broken(kept: KeptJob, jobs: Any) -> None:
        if kept.job == "comments":
            raise ZeroDivisionError
        look(kept, jobs)

    monkeypatch.setattr(world.keeper, "_look", broken)
    world.tick(2)
    assert world.submitted == ["chk-3"]


@pytest.mark.parametrize("savepoint", ["/kept/savepoint-9", ""])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_job_that_was_ended_to_be_replaced_and_was_not_goes_on(world: World, savepoint: str, restarted: bool) -> None:
    world.submit()
    world.store.write(world.kept.model_copy(update={"replacing": now()}))
    world.tick(2)
    world.flink.jobs["first"].state = "FINISHED"
    world.flink.jobs["first"].savepoint = savepoint
    world.tick(1)
    if restarted:
        world.new_supervisor()
    world.tick(2)
    assert world.submitted == ["savepoint-9" if savepoint else "chk-3"]
    assert (world.kept.id, world.kept.replacing) == ("again1", None)


def test_a_job_that_was_to_be_replaced_and_lives_on_may_be_ended_by_a_person(world: World) -> None:
    world.submit()
    world.store.write(world.kept.model_copy(update={"replacing": now()}))
    world.flink.jobs["first"].completed_ms = int((now().timestamp() + 1_000) * 1_000)
    world.tick(2)
    assert world.kept.replacing is None
    world.flink.jobs["first"].state = "FINISHED"
    world.tick(2)
    assert (world.submitted, world.store.names()) == ([], [])


def test_a_job_whose_checkpoints_are_gone_is_given_up_and_does_not_start_anew(world: World) -> None:
    world.submit()
    world.tick()
    shutil.rmtree(world.store.folder("first"))
    world.new_jobmanager()
    world.tick(3)
    assert (world.submitted, world.kept.given_up) == ([], "it had checkpoints, and none is left")


@pytest.mark.parametrize(("job", "other"), [("engagement", "engagement"), ("followers", "pipeline")])
def test_it_waits_while_another_job_writes_the_same(world: World, job: str, other: str) -> None:
    world.submit()
    if job != "engagement":
        world.store.write(world.kept.model_copy(update={"job": job}))
        world.store.remove("engagement")
    world.new_jobmanager()
    world.flink.jobs["other"] = FakeJob("RUNNING", "run-2", name=other)
    world.tick(20)
    kept = world.store.read(job)
    assert kept is not None
    assert (world.submitted, kept.failures) == ([], 0)
    assert kept.waiting == f"job {other} (other) is RUNNING, and writes the same"
    world.flink.jobs["other"].state = "FINISHED"
    world.tick(2)
    assert world.submitted == ["chk-3"]


def test_a_copy_that_is_a_former_life_keeps_its_checkpoints(world: World) -> None:
    world.submit()
    world.store.write(world.kept.model_copy(update={"ids": ("first", "second")}))
    world.tick(5)
    assert world.kept.ids == ("first",)
    assert world.store.folder("first").is_dir()


def test_a_savepoint_is_forgotten_once_there_are_three_checkpoints(world: World) -> None:
    world.submit(checkpoints=2)
    world.store.write(world.kept.model_copy(update={"savepoint": "/kept/savepoint-1"}))
    world.tick(2)
    assert world.kept.savepoint
    world.checkpoints("first", range(3, 4))
    world.tick(2)
    assert (world.kept.savepoint, world.kept.ids) == ("", ("first",))


@pytest.mark.parametrize("why", ["No space left on device", "java.lang.OutOfMemoryError: Java heap space"])
def test_want_of_room_is_no_fault_of_the_checkpoint(world: World, why: str) -> None:
    world.submit()
    world.new_jobmanager()
    world.tick()
    world.flink.jobs["again1"].trace = f"{RESTORE_FAILED} state\nCaused by: java.io.IOException: {why}"
    world.tick(5)
    assert (world.submitted, world.kept.alarm) == (["chk-3", "chk-3"], "")


def test_the_last_broken_checkpoint_promises_no_older_one(world: World) -> None:
    world.submit(checkpoints=1)
    world.new_jobmanager()
    world.problems = [f"chk-1 {BROKEN}: gone"]
    world.tick(1)
    assert "cannot be used: chk-1" in world.kept.alarm


def test_a_checkpoint_forgives_failures_also_of_a_job_that_was_not_started_here(world: World) -> None:
    world.submit()
    world.tick()
    world.store.write(world.kept.model_copy(update={"failures": 3, "waiting": "no memory"}))
    world.tick()
    assert (world.kept.failures, world.kept.waiting) == (0, "")


def test_the_plan_is_noted_before_the_first_checkpoint(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.tick(2)
    assert (world.kept.id, world.kept.plan) == ("again1", PLAN)


def test_changed_code_without_a_plan_is_no_fit(world: World) -> None:
    world.submit()
    fit = Client(world.settings, threading.Event()).compare(world.kept, "chk-3", "")
    assert fit is not None
    assert "nobody knows" in fit.problem


def test_passwords_are_not_written_and_files_are_the_owners(world: World) -> None:
    world.submit()
    world.new_jobmanager()
    world.problems = ["cannot read http://tokpulse:s3cret@127.0.0.1:1/x"] * ATTEMPTS
    world.tick()
    assert world.kept.waiting == "cannot read http://tokpulse:***@127.0.0.1:1/x"
    path = world.settings.data / "jobs" / "engagement.json"
    assert path.stat().st_mode & 0o777 == 0o600
    world.tick(100)
    assert "s3cret" not in path.read_text()
    assert world.kept.given_up


def test_a_file_of_another_job_is_refused(world: World) -> None:
    world.submit()
    folder = world.settings.data / "jobs"
    (folder / "engagement.json").rename(folder / "velocity.json")
    with pytest.raises(KeptJobError, match=r"velocity\.json is of job 'engagement'"):
        world.store.read("velocity")


@pytest.mark.parametrize("name", ["../engagement", "broken", ""])
def test_a_name_that_is_no_jobs_touches_no_file(world: World, name: str) -> None:
    before = sorted(world.settings.data.rglob("*"))
    with pytest.raises(KeptJobError, match="there is no job"), world.store.held(name):
        pass
    for call in (world.store.read, world.store.remove):
        with pytest.raises(KeptJobError, match="there is no job"):
            call(name)
    assert sorted(world.settings.data.rglob("*")) == before


def test_the_client_gets_the_settings_of_submit_and_not_those_of_the_supervisor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}

    def start(_: Any, *, log: Path, cwd: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
        seen.update(env)
        assert log.stat().st_mode & 0o777 == 0o600
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(process, "start", start)
    (world.settings.data / "env").write_text(
        "FLINK_HOME=/f\nCLICKHOUSE_URL=http://c\nCLICKHOUSE_ADMIN_URL=http://default:s3cret@c\n"
    )
    monkeypatch.setenv("TOKPULSE_LATE_BOUND", "3 h")
    monkeypatch.setenv("TOKPULSE_SENTIMENT_MODEL", "onnx")
    monkeypatch.setenv("TOKPULSE_SENTIMENT_ONNX", "/of/the/supervisor")
    world.submit()
    kept = world.kept.model_copy(update={"environment": {"TOKPULSE_SENTIMENT_MODEL": "grpc"}})
    Client(world.settings, threading.Event()).submit(kept, "")
    assert {name: value for name, value in seen.items() if "SENTIMENT" in name} == {"TOKPULSE_SENTIMENT_MODEL": "grpc"}
    assert "TOKPULSE_LATE_BOUND" not in seen
    assert "CLICKHOUSE_ADMIN_URL" not in seen
    assert seen["CLICKHOUSE_URL"] == "http://c"
    assert process.waited_for == set()
