"""Every response as it was received, into ClickHouse: beside the polling, and never in its way."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connectors.backoff import LANDING_INSERT_S, Doubling
from connectors.upstream.model import Call
from polling.metrics import Metrics
from polling.schedule.fetching import Fetched

TABLE = "raw_api_responses"
COLUMNS = ("ingested_at", "upstream", "endpoint", "request_param", "http_status", "payload", "request_id", "elapsed_ms")
_LOG = logging.getLogger(__name__)
# Parameters whose value may be a key, whatever an upstream calls it.
_SECRET_PARTS = ("key", "token", "secret", "password", "authorization")


@dataclass(frozen=True)
class Row:
    """One response. `http_status` is 0 when none came."""

    ingested_at: datetime
    upstream: str
    endpoint: str
    request_param: str
    http_status: int
    payload: bytes = field(repr=False)
    request_id: uuid.UUID
    elapsed_ms: int

    def values(self) -> list[object]:
        """In the order of COLUMNS."""
        return [getattr(self, column) for column in COLUMNS]


def request_param(call: Call) -> str:
    """The parameters of a request as one text, by name: `count=35&userid=1`. Never a key."""
    public = {name: value for name, value in call.params.items() if not any(part in name.lower() for part in _SECRET_PARTS)}
    return "&".join(f"{name}={value}" for name, value in sorted(public.items()))


# Writes rows; raises a Retryable for what may go well later, anything else for what will not.
Insert = Callable[[Sequence[Row]], None]


class RetryableInsertError(Exception):
    """The table could not be reached now."""


class _ClosingError(Exception):
    """The poller ends while an insert waits to be repeated."""


@dataclass(frozen=True)
class LandingLimits:
    """`max_bytes` of responses wait at most; more are lost and counted. A batch is written when it is full or `linger_s` old."""

    max_bytes: int = 64 * 1024 * 1024
    batch_rows: int = 500
    batch_bytes: int = 8 * 1024 * 1024
    linger_s: float = 5.0
    retry_s: float = LANDING_INSERT_S.first
    retry_cap_s: float = LANDING_INSERT_S.longest
    close_s: float = 10.0


class Landing:
    """Takes responses at once and writes them from a thread of its own. `clean` is applied to every body, `asked` to parameters."""

    def __init__(
        self,
        upstream: str,
        insert: Insert,
        metrics: Metrics,
        clean: Callable[[bytes], bytes] = lambda body: body,
        limits: LandingLimits | None = None,
        asked: Callable[[str], str] = str,
    ) -> None:
        self._upstream, self._insert, self._metrics, self._clean, self._asked = upstream, insert, metrics, clean, asked
        self._limits = limits or LandingLimits()
        self._rows: deque[Row] = deque()
        self._bytes = 0
        self._lost = 0
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="raw-landing", daemon=True)
        self._thread.start()

    def offer(self, fetched: Fetched, now_ms: int) -> None:
        """Keeps a response to be written. Never waits and never raises; what does not fit is lost, counted and logged."""
        try:
            row = self._row(fetched, now_ms)
        except Exception as error:
            self._lose(1, "refused", f"a response cannot be kept: {error}")
            return
        with self._changed:
            fits = self._bytes + len(row.payload) <= self._limits.max_bytes
            if fits:
                self._rows.append(row)
                self._bytes += len(row.payload)
                self._changed.notify()
        if not fits:
            self._lose(1, "overflow", "responses come faster than ClickHouse takes them")

    def close(self) -> None:
        """Writes what waits, for some seconds at most."""
        self._closing.set()
        with self._changed:
            self._changed.notify()
        self._thread.join(self._limits.close_s)
        with self._changed:
            left = len(self._rows)
        if left:
            self._lose(left, "unreachable", "the poller ends before ClickHouse took them")

    def _row(self, fetched: Fetched, now_ms: int) -> Row:
        answer = fetched.answer
        return Row(
            datetime.fromtimestamp((answer.received_ms if answer else now_ms) / 1000, UTC),
            self._upstream,
            fetched.call.endpoint,
            self._asked(request_param(fetched.call)),
            answer.status if answer else 0,
            self._clean(answer.body) if answer else b"",
            uuid.uuid4(),
            round(fetched.elapsed_s * 1000),
        )

    def _run(self) -> None:
        while not (self._closing.is_set() and not self._rows):
            with self._changed:
                self._changed.wait_for(self._full, self._limits.linger_s)
                batch = self._batch()
            if batch:
                self._write(batch)

    def _full(self) -> bool:
        waits = len(self._rows) >= self._limits.batch_rows or self._bytes >= self._limits.batch_bytes
        return self._closing.is_set() or waits

    def _batch(self) -> list[Row]:
        """The next rows. They stay in the queue, and in its bytes, until they are written."""
        batch: list[Row] = []
        size = 0
        for row in self._rows:
            if batch and (len(batch) >= self._limits.batch_rows or size + len(row.payload) > self._limits.batch_bytes):
                break
            batch.append(row)
            size += len(row.payload)
        return batch

    def _write(self, batch: Sequence[Row]) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(RetryableInsertError),
            wait=Doubling(self._limits.retry_s, self._limits.retry_cap_s).strategy,
            before_sleep=self._note_failure,
            sleep=self._wait,
        )
        try:
            retrying(self._insert, batch)
        except _ClosingError:
            self._remove(batch)
            self._lose(len(batch), "unreachable", "the poller ends while ClickHouse is away")
        except Exception as error:
            self._remove(batch)
            self._lose(len(batch), "refused", f"ClickHouse does not take them: {error}")
        else:
            self._remove(batch)
            self._metrics.count("tokpulse_landing_rows_total", by=len(batch))

    def _note_failure(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else ""
        _LOG.warning("%d raw response(s) wait: %s", len(state.args[0]), error)

    def _wait(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise _ClosingError

    def _remove(self, batch: Sequence[Row]) -> None:
        with self._changed:
            for row in batch:  # it stands at the head of the queue
                self._rows.popleft()
                self._bytes -= len(row.payload)
            self._metrics.set("tokpulse_landing_waiting_bytes", to=self._bytes)

    def _lose(self, count: int, why: str, detail: str) -> None:
        self._metrics.count("tokpulse_landing_lost_total", why, by=count)
        self._lost += count
        # The first one, and then ever rarer: a log must not fill up because ClickHouse is away.
        if self._lost & (self._lost - 1) == 0 or count > 1:
            _LOG.warning("%d raw response(s) lost so far: %s", self._lost, detail)
