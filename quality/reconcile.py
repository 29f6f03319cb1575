"""Compares what topics hold with what has landed in ClickHouse, and names what is missing.

A record of a topic must be in every dataset that the catalog reconciles with it, or be a dead letter. What arrived a short while
ago may be on its way and is not asked for. Rows that no record in the topic stands behind are fine: the topic forgets earlier.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.clock import DAY_MS, HOUR_MS
from connectors.errors import TokpulseError
from connectors.kafka.topics import Topics
from quality.catalog import Dataset, Reconcile, Severity
from quality.checks import SEVERITIES, Moment, moment
from quality.results import Result, Status
from quality.run import Tables, refused, untested
from quality.topic import LATEST_MS, Held, Place

NAME = "reconcile"
LEDGER = "pipeline_ledger"
DEFAULT_SPAN_MS = DAY_MS
_SHOWN_HOURS = 3
# Of these the ledger has an hour when it has closed; of others also while it is open, or not by the hour.
_BY_CLOSED_HOURS = frozenset({"tiktok.posts.events"})
# Unless it was given another name, a run is called by the time when it was submitted.
_SUBMITTED = re.compile(r"(\d{8}T\d{6})(?:\.\d+)?Z?$")

# What a topic holds: (topic, field of the key, since, until) -> its records; times in Unix milliseconds.
ReadTopic = Callable[[str, str, int, int], Held]


@dataclass(frozen=True)
class Row:
    """A row that a dataset is to have, and the record that asks for it."""

    key: str
    at_ms: int
    place: Place


@dataclass
class _Hour:
    """The rows that a dataset is to have of one hour, by their text."""

    rows: dict[str, Row] = field(default_factory=dict)

    def checksum(self) -> int:
        return sum(zlib.crc32(text.encode()) for text in self.rows)


def reconcile(
    tables: Tables, read: ReadTopic, topics: Topics, datasets: Sequence[Dataset], at: Moment, settle_ms: int
) -> Iterator[Result]:
    """A result per dataset with a topic, and one per topic for what its jobs say to have read.

    Each topic is read once. `settle_ms`: how long a record may take until it has landed. An error of Kafka or the registry becomes
    a failed test. Raises ClickHouseUnavailableError.
    """
    asked: dict[str, list[tuple[Dataset, Reconcile]]] = {}
    for dataset in datasets:
        wanted = dataset.about.tests.reconcile
        if wanted is not None:
            asked.setdefault(topics[wanted.topic].name, []).append((dataset, wanted))
    since_ms = round(at.since(DEFAULT_SPAN_MS).timestamp() * 1000)
    for topic, pairs in asked.items():
        try:
            wanted = pairs[0][1]
            held = read(topic, wanted.field or wanted.key, since_ms, at.as_of_ms - settle_ms)
        except TokpulseError as error:
            yield from (_untested(dataset, error) for dataset, _ in pairs)
            continue
        letters = _dead_letters(tables, topic, since_ms)
        for dataset, wanted in pairs:
            try:
                yield _landed(tables, dataset, wanted, held, letters)
            except ClickHouseUnavailableError as error:
                if not refused(error):
                    raise
                yield _untested(dataset, error)
        yield _read_by_runs(tables, topic, held, letters)


def _dead_letters(tables: Tables, topic: str, since_ms: int) -> set[Place]:
    letters = tables.rows("dead_letters_of_topic", topic=topic, since=moment(since_ms))
    return {(int(row["partition"]), int(row["offset"])) for row in letters}


def _landed(tables: Tables, dataset: Dataset, wanted: Reconcile, held: Held, letters: set[Place]) -> Result:
    hours = _expected(wanted, held, letters)
    lost = [place for place in held.unusable if place not in letters]
    absent = list(_absent(tables, dataset.name, wanted, hours))
    total = sum(len(hour.rows) for hour in hours.values())
    if not absent and not lost:
        quarantined = len(held.unusable) + sum(place in letters for _, _, place in held.observed)
        text = f"all {total:,} rows of {held.records:,} records of {wanted.topic}, {quarantined:,} dead letters among them"
        return _result(dataset.name, "", Status.PASS, 0, text)
    said = []
    if absent:
        first = min(absent, key=lambda row: row.place)
        partition, offset = first.place
        said.append(
            f"lacks {len(absent):,} of {total:,} rows of {wanted.topic}: {_by_hour(absent)}; the first is {wanted.key} {first.key},"
            f" partition {partition} offset {offset}"
        )
    if lost:
        partition, offset = min(lost)
        where = f"the first is partition {partition} offset {offset}"
        said.append(f"{len(lost):,} unusable records of {wanted.topic} are no dead letters, {where}")
    return _result(dataset.name, "", Status.FAIL, len(absent) + len(lost), "; ".join(said))


def _expected(wanted: Reconcile, held: Held, letters: set[Place]) -> dict[int, _Hour]:
    """UTC hour (Unix milliseconds) -> the rows that are to be there: those of every record that is no dead letter."""
    observed = [observation for observation in held.observed if observation[2] not in letters]
    newest: dict[str, int] = {}
    if wanted.per == "newest":
        for key, at_ms, _ in observed:
            newest[key] = max(at_ms, newest.get(key, 0))
    hours: dict[int, _Hour] = {}
    for key, at_ms, place in observed:
        if newest.get(key, at_ms) != at_ms:
            continue
        hour_ms = at_ms - at_ms % HOUR_MS
        row = Row(key, hour_ms if wanted.per == "hour" else at_ms, place)
        hours.setdefault(hour_ms, _Hour()).rows.setdefault(f"{key} {row.at_ms}", row)
    return hours


def _absent(tables: Tables, dataset: str, wanted: Reconcile, hours: Mapping[int, _Hour]) -> Iterator[Row]:
    """The expected rows that the dataset does not have. Keys are fetched of those hours only whose count or checksum differs."""
    if not hours:
        return
    names = {"dataset": dataset, "key": wanted.key, "time": wanted.time}
    first, end = min(hours), max(hours) + HOUR_MS
    landed = {
        int(row["hour"]) * 1000: (int(row["landed"]), int(row["checksum"]))
        for row in tables.rows("landed_by_hour", **names, since=moment(first), until=moment(end))
    }
    differing = {hour_ms: hour for hour_ms, hour in hours.items() if landed.get(hour_ms) != (len(hour.rows), hour.checksum())}
    if wanted.per == "newest" and differing:
        # What was observed again since then stands in a later hour.
        later = _rows_of(tables, names, min(differing), LATEST_MS)
        arrivals = {str(row["key"]): int(row["at_ms"]) for row in later}
        yield from (row for hour in differing.values() for row in hour.rows.values() if arrivals.get(row.key, 0) < row.at_ms)
        return
    for hour_ms, hour in differing.items():
        there = {(str(row["key"]), int(row["at_ms"])) for row in _rows_of(tables, names, hour_ms, hour_ms + HOUR_MS)}
        yield from (row for row in hour.rows.values() if (row.key, row.at_ms) not in there)


def _rows_of(tables: Tables, names: Mapping[str, str], since_ms: int, until_ms: int) -> list[dict[str, Any]]:
    return tables.rows("landed_keys", **names, since=moment(since_ms), until=moment(until_ms))


def _by_hour(rows: Iterable[Row]) -> str:
    counted = sorted(Counter(row.at_ms - row.at_ms % HOUR_MS for row in rows).items())
    shown = [f"{moment(hour_ms):%Y-%m-%d %H:00} {count:,}" for hour_ms, count in counted[:_SHOWN_HOURS]]
    return ", ".join(shown) + (f" and {len(counted) - _SHOWN_HOURS} more hours" if len(counted) > _SHOWN_HOURS else "")


def _read_by_runs(tables: Tables, topic: str, held: Held, letters: set[Place]) -> Result:
    """Whether one run says to have read at least what arrived: it tells what it had read when the last hour closed.

    A run that has been at the end of what had arrived when it was submitted, as a bounded one has, must have read all of that.
    """
    newest_ms = max((at_ms for _, at_ms, _ in held.observed), default=0)
    closed = sum(at_ms < newest_ms - newest_ms % HOUR_MS for _, at_ms, _ in held.observed)
    runs = tables.rows("reads_of_topic", topic=topic)
    if not runs:
        text = f"no run has read {topic}, which holds {held.records:,}"
        return _result(LEDGER, topic, Status.WARN if held.records else Status.PASS, held.records, text)
    for run in runs:
        had_arrived, seen = _certain(run, topic, held, letters)
        if seen < had_arrived:
            said = f"{run['run_id']} has read {seen:,} of the {had_arrived:,} valid records that had arrived when it was submitted"
            return _result(LEDGER, topic, Status.FAIL, had_arrived - seen, said, "error")
    reads = int(runs[0]["read"])
    said = f"{runs[0]['run_id']} has read {reads:,}, and {closed:,} records arrived of hours that have closed"
    return _result(LEDGER, topic, Status.WARN if reads < closed else Status.PASS, max(0, closed - reads), said)


def _certain(run: Mapping[str, Any], topic: str, held: Held, letters: set[Place]) -> tuple[int, int]:
    """Valid records that a run must have read, 0 while it may be at it, and those that it says to have read."""
    # What came late is counted at once, and in `read` when the next hour closes.
    seen = max(int(run["read"]) - int(run["quarantined"]), int(run["accounted"]))
    submitted_ms = _submitted_ms(str(run["run_id"]))
    if topic not in _BY_CLOSED_HOURS or submitted_ms is None:
        return 0, seen
    arrivals = zip(held.observed, held.arrived, strict=False)
    before = [at_ms for (_, at_ms, place), arrived_ms in arrivals if arrived_ms < submitted_ms and place not in letters]
    # The hour of the newest of them closes when every partition has been read further than that.
    return len(before) if max(before, default=LATEST_MS) < int(run["closed_until"]) * 1000 else 0, seen


def _submitted_ms(run_id: str) -> int | None:
    match = _SUBMITTED.search(run_id)
    try:
        return round(datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp() * 1000) if match else None
    except ValueError:
        return None


def _untested(dataset: Dataset, error: TokpulseError) -> Result:
    return _result(dataset.name, "", Status.FAIL, 0, untested(error))


def _result(dataset: str, column: str, status: Status, failing: int, detail: str, severity: Severity | None = None) -> Result:
    severity = severity or ("warn" if dataset == LEDGER else SEVERITIES[NAME])
    return Result(dataset, NAME, column, severity, status, failing, detail)
