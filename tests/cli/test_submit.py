"""The `flink run` line, and the one line that is left of a failed one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import typer

from cli import progress, submit
from cli.submit import SubmitError, both_write
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import Job
from connectors.kafka.topics import load_topics
from connectors.paths import REPOSITORY
from jobs.catalog import JOBS
from jobs.failure import reported, tell
from jobs.options import TUNING
from jobs.settings import parser
from stack.submission import environment, flink_run_line, reason
from tests.waiting import until

SECRET = "s3cret-sentinel"


@pytest.fixture
def endpoints() -> Endpoints:
    values = {"FLINK_HOME": "/opt/flink", "CLICKHOUSE_URL": f"http://tokpulse:{SECRET}@127.0.0.1:8123/tokpulse"}
    return Endpoints(values, Path("/nonexistent/env"))


def line(endpoints: Endpoints, *, bounded: bool = False, parallelism: int | None = None, detached: bool = False) -> list[str]:
    return flink_run_line(
        endpoints, "engagement", run_id="r1", bounded=bounded, parallelism=parallelism, detached=detached, arguments=["--x", "1"]
    )


def test_the_line(endpoints: Endpoints) -> None:
    job = str(REPOSITORY / "jobs" / "engagement.py")
    client = ["-pyclientexec", sys.executable, "-pyexec", sys.executable]
    assert line(endpoints) == ["/opt/flink/bin/flink", "run", *client, "-py", job, "--run-id", "r1", "--wait", "--x", "1"]
    assert Path(job).is_file()


def test_options_of_flink_come_before_the_job_and_those_of_the_job_after(endpoints: Endpoints) -> None:
    words = line(endpoints, bounded=True, parallelism=4)
    assert words[2:4] == ["--parallelism", "4"]
    assert words.index("--bounded") > words.index("-py")
    detached = line(endpoints, detached=True)
    assert detached[2] == "--detached"
    assert "--wait" not in detached


def test_no_secret_is_on_the_line_but_the_environment_has_it(endpoints: Endpoints) -> None:
    assert SECRET not in " ".join(line(endpoints))
    assert SECRET in environment(endpoints)["CLICKHOUSE_URL"]


def test_every_job_has_a_file_of_its_name_and_topics_that_exist() -> None:
    known = {topic.name for topic in load_topics()}
    for name, job in JOBS.items():
        assert job.name == name
        assert (REPOSITORY / "jobs" / f"{name}.py").is_file()
        assert set(job.topics) <= known


def test_what_a_job_tells_is_what_the_client_finds(capsys: pytest.CaptureFixture[str]) -> None:
    tell(TokpulseError("topic x is missing", "create it"))
    assert reported(["noise", *capsys.readouterr().err.splitlines()]) == ("topic x is missing", "create it")
    assert reported(["noise"]) is None


def test_the_command_line_does_not_wait_for_pyflink() -> None:
    """It takes seconds to load, and only the job itself needs it."""
    code = "import sys, cli.submit; sys.exit(any(name.split('.')[0] == 'pyflink' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize(
    ("lines", "message", "hint"),
    [
        (
            ["noise", "tokpulse-error: topic x is missing", "tokpulse-hint: create it", "Caused by: java.lang.X: later"],
            "topic x is missing",
            "create it",
        ),
        (["tokpulse-error: topic x is missing"], "topic x is missing", ""),
        (
            [
                "org.apache.flink.client.program.ProgramInvocationException: failed",
                "Caused by: java.util.concurrent.CompletionException: outer",
                "  Caused by: java.net.ConnectException: Connection refused: /127.0.0.1:8081",
                "Caused by: org.apache.flink.client.program.ProgramAbortException: java.lang.RuntimeException: Python",
            ],
            "flink run failed: Connection refused: /127.0.0.1:8081",
            "`tokpulse --debug submit` shows the whole trace",
        ),
        (["Caused by: no colon"], "flink run ended with exit code 3", "`tokpulse --debug submit` shows what it printed"),
        ([], "flink run ended with exit code 3", "`tokpulse --debug submit` shows what it printed"),
    ],
)
def test_reason(lines: list[str], message: str, hint: str) -> None:
    assert reason(lines, 3) == (message, hint)


def script(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "stand-in.sh"
    file.write_text(text)
    return ["sh", str(file)]


TRACE = 'echo submitted\necho "Traceback (most recent call last):"\necho noise\necho "tokpulse-error: no such table"\nexit 1\n'


def test_a_failure_is_told_without_its_trace(tmp_path: Path, endpoints: Endpoints, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SubmitError, match="no such table"):
        submit.submit(script(tmp_path, TRACE), endpoints)
    assert capsys.readouterr().out == "planning the job ...\nsubmitted\n"


@pytest.mark.parametrize(
    ("job", "other", "told"),
    [
        (
            "engagement",
            "pipeline",
            "both write engagement_hourly_maxima, where rows merge, and tiktok.engagement.hourly, tiktok.posts.events.dlq get each",
        ),
        ("pipeline", "landing", "both write post_observations_log, user_observations_log, where rows merge"),
        ("velocity", "velocity", "both write post_observations_log, where rows merge"),
        ("engagement", "comments", ""),
        ("trending", "followers", ""),
    ],
)
def test_what_two_jobs_side_by_side_write_twice(job: str, other: str, told: str) -> None:
    found = both_write(job, other)
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_a_single_job_beside_the_pipeline_is_warned_of(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    class Rest:
        def __init__(self, url: str) -> None:
            """Asks nobody."""

        def __enter__(self) -> Rest:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing to close."""

        def jobs(self) -> list[Job]:
            running = [Job("j1", "pipeline", "RUNNING", 0, -1), Job("j3", "of another", "RUNNING", 0, -1)]
            return [*running, Job("j2", "pipeline", "CANCELED", 0, 1)]

    monkeypatch.setattr(submit, "FlinkRest", Rest)
    with_flink = Endpoints({**endpoints.values, "FLINK_REST_URL": "http://none"}, endpoints.env_file)
    (warning,) = submit.check_writers(with_flink, "comments")
    assert warning.startswith(
        "job pipeline (j1) is RUNNING, and both write comments_log, comments_late_snapshots_log, where rows merge"
    )
    assert warning.endswith("run the pipeline or single jobs (docs/operations.md)")
    with pytest.raises(SubmitError, match="in transactions"):
        submit.check_writers(with_flink, "followers")


def test_planning_that_takes_long_says_so_before_there_is_a_job(
    tmp_path: Path, endpoints: Endpoints, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.05)
    seen = tmp_path / "seen"

    def say(text: str, *, err: bool = False) -> None:
        seen.touch()
        print(text, file=sys.stderr if err else sys.stdout)

    monkeypatch.setattr(progress, "say", say)
    # It plans until somebody was told.
    submit.submit(script(tmp_path, f"while [ ! -e {seen} ]; do sleep 0.05; done\nexit 0\n"), endpoints)
    assert re.search(r"^planning the job \.\.\. \d+ s$", capsys.readouterr().err, re.MULTILINE)


def test_a_client_ends_with_the_command_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    words = script(tmp_path, f"echo $$ > {file}.new\nmv {file}.new {file}\nexec sleep 60\n")
    code = f"from pathlib import Path; from cli import submit; submit.submit({words}, submit.Endpoints({{}}, Path('x')))"
    command = subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    try:
        until(file.exists, 20, "the client runs")
        client = psutil.Process(int(file.read_text()))
    finally:
        command.kill()
        command.wait()
    until(lambda: not client.is_running() or client.status() == psutil.STATUS_ZOMBIE, 20, "the client has ended")


def test_debug_shows_everything(tmp_path: Path, endpoints: Endpoints, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SubmitError):
        submit.submit(script(tmp_path, TRACE), endpoints, debug=True)
    assert "noise" in capsys.readouterr().out


def test_a_job_that_ends_well(tmp_path: Path, endpoints: Endpoints) -> None:
    submit.submit(script(tmp_path, "exit 0"), endpoints)


@pytest.mark.parametrize(
    ("more", "why"), [({"from_savepoint": "chk"}, "of the topics, not of a savepoint"), ({"detached": True}, "waits for its end")]
)
def test_a_backfill_begins_at_the_topics_and_waits(more: dict[str, Any], why: str) -> None:
    context: Any = None
    with pytest.raises(SubmitError, match=why):
        submit.command(context, "trending", begin="2026-01-01", end="2026-01-02", **more)


def test_both_helps_of_a_job_say_the_same() -> None:
    # Each option stands in `tokpulse submit` and in `flink run -py jobs/JOB.py`; its text stands once.
    submitted = {parameter.name: getattr(parameter, "help", "") for parameter in typer.main.get_command(_app()).params}
    own = {action.dest: action.help for action in parser("engagement")._actions}
    for name, text in TUNING.items():
        assert submitted[name] == own[name] == text


def _app() -> typer.Typer:
    app = typer.Typer()
    app.command()(submit.command)
    return app
