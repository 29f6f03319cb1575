"""What `tokpulse doctor` says of jobs that should run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.doctor_exam import Examination
from cli.doctor_findings import Level
from cli.doctor_kept import kept_jobs, troubles
from connectors.endpoints import Endpoints
from stack.kept_jobs import KeptJob, KeptJobs
from stack.settings import StackSettings

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HEALTHY = KeptJob(job="pipeline", run_id="r", submitted_at=NOW - timedelta(hours=1), ids=("a",), jobmanager="1", code="c")


def test_a_job_without_trouble_is_no_finding() -> None:
    assert list(troubles([HEALTHY], NOW)) == []


def test_a_file_that_cannot_be_read_is_a_finding_beside_the_others(tmp_path: Path) -> None:
    settings = StackSettings.load({}, data=tmp_path)
    KeptJobs(settings).write(HEALTHY.model_copy(update={"given_up": "6 attempts failed"}))
    (tmp_path / "jobs" / "velocity.json").write_text("{")
    examination = Examination(settings, Endpoints({}, tmp_path / "env"), local=True, now_s=NOW.timestamp())
    unreadable, given_up = kept_jobs(examination)
    assert (unreadable.level, unreadable.cause, given_up.cause) == (Level.FAIL, "job_file_unreadable", "job_given_up")
    assert "velocity.json" in unreadable.text


def test_a_job_that_was_given_up_fails_with_its_reason() -> None:
    (finding,) = troubles([HEALTHY.model_copy(update={"given_up": "6 attempts failed", "alarm": "chk-9 is damaged"})], NOW)
    assert (finding.level, finding.cause, finding.about) == (Level.FAIL, "job_given_up", "pipeline")
    assert "6 attempts failed" in finding.text
    assert "tokpulse submit pipeline --from-savepoint" in finding.todo


def test_what_it_waits_for_and_a_new_alarm_are_one_warning_and_an_old_alarm_none() -> None:
    news = {"waiting": "Flink does not answer", "alarm": "chk-9 is damaged", "alarm_at": NOW - timedelta(hours=2)}
    (finding,) = troubles([HEALTHY.model_copy(update=news)], NOW)
    assert finding.level is Level.WARN
    assert "Flink does not answer" in finding.text
    assert "chk-9 is damaged" in finding.text
    assert list(troubles([HEALTHY.model_copy(update=news | {"waiting": ""})], NOW + timedelta(days=2))) == []
