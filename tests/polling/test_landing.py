"""Raw responses: all of them when ClickHouse takes them, none in the way of polling when it does not."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from connectors.upstream.model import Answer, Call, Page
from polling.landing.responses import COLUMNS, Landing, LandingLimits, RetryableInsertError, Row, request_param
from polling.metrics import Metrics
from stack.ddl import clickhouse_columns
from tests.polling.polling_doubles import RETRY, START_MS, Attempt

CALL = Call("/user-posts/", "/user-posts/", {"userid": "1", "count": "35", "api_key": "s3cret"})
QUICK = LandingLimits(linger_s=0.01, retry_s=0.01, retry_cap_s=0.01)


def attempt(body: bytes = b'{"a":1}') -> Attempt:
    return Attempt(CALL, Answer(200, {"X-Api-Key": "s3cret"}, body, START_MS), Page((), None), 0.25)


def test_rows_reach_the_table_in_order() -> None:
    rows: list[Row] = []
    landing = Landing("tikliveapi", rows.extend, Metrics(), limits=QUICK)
    for number in range(1_200):
        landing.offer(attempt(b"%d" % number), START_MS)
    landing.offer(Attempt(CALL, None, RETRY), START_MS)
    landing.close()
    assert [row.payload for row in rows[:-1]] == [b"%d" % number for number in range(1_200)]
    first, last = rows[0], rows[-1]
    assert (first.http_status, first.elapsed_ms, last.http_status, last.payload) == (200, 250, 0, b"")
    assert first.ingested_at == datetime.fromtimestamp(START_MS / 1000, UTC)
    assert len({row.request_id for row in rows}) == len(rows)
    assert "s3cret" not in repr([row.values() for row in rows])


def test_the_key_is_no_parameter() -> None:
    assert request_param(CALL) == "count=35&userid=1"


def test_columns_are_those_of_the_table() -> None:
    assert tuple(column.name for column in clickhouse_columns()["raw_api_responses"]) == COLUMNS


def test_an_unreachable_table_delays_and_an_overflow_is_counted() -> None:
    rows: list[Row] = []
    away, asked = threading.Event(), threading.Event()

    def insert(batch: Sequence[Row]) -> None:
        if not away.is_set():
            asked.set()
            raise RetryableInsertError("away")
        rows.extend(batch)

    metrics = Metrics()
    limits = LandingLimits(max_bytes=100, linger_s=0.01, retry_s=0.01, retry_cap_s=0.01)
    landing = Landing("tikliveapi", insert, metrics, limits=limits)
    for _ in range(30):
        landing.offer(attempt(b"0123456789"), START_MS)
    assert asked.wait(10)
    away.set()
    landing.close()
    lost = metrics.value("tokpulse_landing_lost_total", "overflow") + metrics.value("tokpulse_landing_lost_total", "unreachable")
    assert metrics.value("tokpulse_landing_lost_total", "overflow") == 20
    assert len(rows) + lost == 30


def test_what_the_table_refuses_is_left() -> None:
    def insert(batch: Sequence[Row]) -> None:
        raise ValueError("no such column")

    metrics = Metrics()
    landing = Landing("tikliveapi", insert, metrics, limits=QUICK)
    landing.offer(attempt(), START_MS)
    landing.close()
    assert metrics.value("tokpulse_landing_lost_total", "refused") == 1


def test_a_body_that_cannot_be_cleaned_is_not_kept() -> None:
    def clean(body: bytes) -> bytes:
        raise RuntimeError("defect")

    rows: list[Row] = []
    metrics = Metrics()
    landing = Landing("tikliveapi", rows.extend, metrics, clean, QUICK)
    landing.offer(attempt(), START_MS)
    landing.close()
    assert rows == []
    assert metrics.value("tokpulse_landing_lost_total", "refused") == 1
