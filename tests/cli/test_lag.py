"""The ledger among the gauges of `tokpulse lag --metrics-port`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cli import lag
from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.endpoints import Endpoints
from polling.metrics import Metrics

NAME = "tokpulse_ledger_records"
Rows = Sequence[Mapping[str, Any]]


def row(job: str, **counts: int) -> dict[str, Any]:
    return {"job": job, "topic": "posts"} | dict.fromkeys(lag.OUTCOMES, 0) | counts


def served(monkeypatch: pytest.MonkeyPatch, *answers: Rows | None) -> Metrics:
    """The gauges after these answers of ClickHouse, None when it does not answer."""
    metrics, stop, coming = Metrics(), threading.Event(), iter(answers)
    left = len(answers)

    def ledger() -> Rows:
        nonlocal left
        left -= 1
        if not left:
            stop.set()
        found = next(coming)
        if found is None:
            raise ClickHouseUnavailableError("away")
        return found

    monkeypatch.setattr(lag, "EVERY_S", 0)
    lag.run(list, dict, metrics, stop, ledger)
    return metrics


def labels(metrics: Metrics) -> Iterator[tuple[str, str]]:
    for family in metrics.registry.collect():
        yield from ((sample.labels["job"], sample.labels["outcome"]) for sample in family.samples if sample.name == NAME)


def test_each_outcome_is_a_gauge(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = served(monkeypatch, [row("pipeline", read=9, counted=4, late=3, beyond_bound=2, quarantined=1, unaccounted=-1)])
    assert [metrics.value(NAME, "pipeline", "posts", outcome) for outcome in lag.OUTCOMES] == [9, 4, 3, 2, 1, -1]


def test_the_heap_of_each_job_is_a_gauge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "EVERY_S", 0)
    metrics, stop, coming = Metrics(), threading.Event(), iter([{"pipeline": 0.5, "engagement": 0.2}, {"pipeline": 0.75}])

    def heaps() -> Mapping[str, float]:
        found = next(coming)
        if len(found) == 1:
            stop.set()
        return found

    lag.run(list, dict, metrics, stop, heaps=heaps)
    assert metrics.value("tokpulse_heap_in_use", "pipeline") == 0.75
    assert metrics.value("tokpulse_heap_in_use", "engagement") == 0, "it no longer runs"


def test_a_job_that_no_longer_writes_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = served(monkeypatch, [row("engagement"), row("pipeline")], [row("pipeline", read=5)])
    assert set(labels(metrics)) == {("pipeline", outcome) for outcome in lag.OUTCOMES}


def test_the_gauges_stay_while_clickhouse_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = served(monkeypatch, [row("pipeline", read=5)], None, None)
    assert metrics.value(NAME, "pipeline", "posts", "read") == 5
    assert capsys.readouterr().err.splitlines() == ["error: away"]


def test_without_an_address_of_clickhouse_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ledger = lag.ledger_of(Endpoints.from_env({}, tmp_path))
    assert list(labels(served(monkeypatch, ledger(), ledger()))) == []


@pytest.mark.http
@pytest.mark.parametrize(
    ("variables", "user"),
    [
        ({"CLICKHOUSE_URL": "http://writer:w@127.0.0.1:1/t", "CLICKHOUSE_READER_URL": "http://reader:r@127.0.0.1:1/t"}, "reader"),
        ({"CLICKHOUSE_URL": "http://writer:w@127.0.0.1:1/t"}, "writer"),
    ],
)
def test_the_reader_is_enough(tmp_path: Path, variables: dict[str, str], user: str) -> None:
    with pytest.raises(ClickHouseUnavailableError, match=rf"http://{user}:\*\*\*@127.0.0.1:1/t"):
        lag.ledger_of(Endpoints.from_env(variables, tmp_path))()
