"""What of the doctor's findings the dashboard tells: the way of the data, in words that hold nothing of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import doctor_job, doctor_records, doctor_services, doctor_topics
from cli.dashboard_causes import MOST, finder, known_to, troubles
from cli.doctor_findings import ok
from connectors.endpoints import Endpoints
from dashboards.web.causes import Trouble
from stack.settings import StackSettings

NOWHERE = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1",
    "CLICKHOUSE_URL": "http://writer:s3cret@127.0.0.1:1/tokpulse",
    "FLINK_REST_URL": "http://127.0.0.1:1",
}


def test_failures_come_first_and_warnings_are_of_the_way_of_the_data() -> None:
    silent = doctor_records.STOPPED.found("tiktok.posts.events", at="10:00", ago="2 h", hour="10:00")
    uneven = doctor_topics.EMPTY_PARTITIONS.found("tiktok.posts.events", records=9, partitions="partition 3", of=24)
    reason = "java.lang.Error: record of ada@example.org"
    failed = doctor_job.FAILED.found("pipeline", id="1", ago="3 min", reason=reason, remedy="mend it")
    found = troubles([ok("kafka", "answers"), silent, uneven, failed, failed])
    assert found == (
        Trouble("the job has failed for good", "pipeline"),
        Trouble("a producer stopped before the hour closed", "tiktok.posts.events"),
    )
    many = [
        doctor_services.DEAD.found(name, state="dead", log="a.log") for name in ("kafka", "registry", "jobmanager", "taskmanager")
    ]
    assert [trouble.about for trouble in troubles([silent, *many])] == ["kafka", "registry", "jobmanager"]
    assert MOST == 3


def test_a_dashboard_that_knows_clickhouse_alone_looks_for_nothing(tmp_path: Path) -> None:
    alone = Endpoints({"CLICKHOUSE_READER_URL": "http://d:d@127.0.0.1:1/x"}, tmp_path / "env")
    assert known_to(alone) is False
    find = finder(StackSettings.load(), lambda: alone)
    assert (find(False), find(True)) == ((), ())


@pytest.mark.http
@pytest.mark.kafka
def test_services_that_do_not_answer_are_named(tmp_path: Path) -> None:
    endpoints = Endpoints(NOWHERE, tmp_path / "env")
    assert known_to(endpoints) is True
    found = finder(StackSettings.load(), lambda: endpoints)(False)
    assert found == tuple(Trouble(doctor_services.UNREACHABLE.means, name) for name in ("kafka", "registry", "clickhouse"))
