"""Checks on the way out: rows in ClickHouse, thresholds, dead letters, ledger, late data, parts set aside, tests of the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from cli.doctor_exam import REQUEST_S, Examination
from cli.doctor_findings import Cause, Finding, Level, duration, listed, ok
from cli.doctor_machine import judged_clock
from cli.doctor_records import FUTURE_CLOCK, UNKNOWN_SCHEMA, WRONG_UNIT, unit_of
from connectors.clickhouse.client import connect
from connectors.clickhouse.queries import rows
from connectors.clock import SECOND_MS, wall_clock_ms

Row = Mapping[str, Any]
_MANY_MISSING = 0.9
# Shares of late records in what a run has read.
_SOME_LATE = 0.001
_MANY_LATE = 0.01
_SHOWN_LATE = 3
_OLD_ROWS_S = 2 * 3600
# What was quarantined within so long is still being written so.
_STILL_S = 3600

NO_ROWS = Cause(
    *("rows_missing", Level.FAIL, "rows", "there are no rows"),
    says="{table} is empty",
    fix="see the lines above; after a submission the first rows take about 20 s",
)
OLD_ROWS = Cause(
    *("rows_old", Level.WARN, "rows", "there are no new rows"),
    says="{table} holds {held:,} rows of {hours:,} hours up to {newest} UTC, {ago} ago",
    fix="no newer observations have arrived: see the lines records, producer, job and watermark",
)
NO_SNAPSHOTS = Cause(
    *("snapshots_missing", Level.WARN, "comments", "commenters have no profile snapshots"),
    says="{table} holds {held:,}; {share:.0%} of their authors have no snapshot",
    fix="most commenters are in no poll of users: follower_count and reach say little",
)
NO_THRESHOLDS = Cause(
    *("thresholds_missing", Level.FAIL, "thresholds", "no thresholds were published, or ClickHouse has lost them"),
    says="{table} holds no version: jobs that judge wait, and then fail",
    fix="`tokpulse up` or `tokpulse init` copies them from Kafka, or publishes the shipped ones",
)
DEAD_LETTERS = Cause(
    *("dead_letters", Level.WARN, "dead letters", "records cannot be used"),
    says="{topic}: {records:,} quarantined within a day, most often {code} ({partitions}), e.g. {example}",
    fix="`tokpulse dlq` shows them; fix their producer, then `tokpulse dlq replay`",
)
LOST = Cause(
    *("ledger_missing", Level.FAIL, "ledger", "records were read and are nowhere"),
    says="{runs} run(s) do not add up; {run}: {sums}",
    fix="records are missing: submit the job with --bounded to read them again, and please report it",
)
DOUBLE = Cause(
    *("ledger_double", Level.WARN, "ledger", "records were counted twice"),
    says="{runs} run(s) do not add up; {run}: {sums}",
    fix="more than late records explain: something is counted twice. The tables are not affected, but please report it",
)
LATE = Cause(
    *("late", Level.WARN, "late", "observations come late"),
    says="{runs}",
    fix=(
        "which producers send observations that late? A longer --watermark-delay has them on time; a longer --late-bound takes in"
        " what is beyond it, which until then is judged in trending_hourly_corrected and follower_deltas_corrected only"
    ),
)
DETACHED = Cause(
    *("parts_detached", Level.FAIL, "parts", "ClickHouse has set parts of tables aside"),
    says="{parts} part(s) are set aside, e.g. of {table}: {reason}",
    fix="their rows are missing: submit the job with --bounded to write them again from Kafka",
)
QUALITY = Cause(
    *("quality_failed", Level.WARN, "quality", "tests of the tables failed"),
    says="{tests} tests {ago} ago, {failed} failed, {warned} warned, e.g. {example}",
    fix="`tokpulse quality` runs them again; see docs/quality.md for what to do",
)


@dataclass(frozen=True)
class Patient:
    """ClickHouse."""

    examination: Examination
    client: Client
    url: str

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Those of a named query. Raises ClickHouseUnavailableError."""
        return rows(self.client, self.url, query)


@contextmanager
def opened(examination: Examination) -> Iterator[Patient]:
    """The patient of the checks below."""
    url = examination.endpoints.clickhouse_url
    client = connect(url, answer_within_s=int(REQUEST_S))
    try:
        yield Patient(examination, client, url)
    finally:
        client.close()


def clock(patient: Patient) -> Iterator[Finding]:
    """ClickHouse's clock against this machine's."""
    before = wall_clock_ms()
    told = int(patient.rows("clock")[0]["now_ms"])
    # Somewhere between question and answer.
    yield from judged_clock("ClickHouse", (told - (before + wall_clock_ms()) / 2) / SECOND_MS)


def thresholds(patient: Patient) -> Iterator[Finding]:
    """Whether jobs that judge have something to judge by."""
    yield judged_thresholds(len(patient.rows("threshold_versions")))


def judged_thresholds(versions: int) -> Finding:
    """From the number of versions in the table that jobs ask."""
    return ok("thresholds", f"{versions} version(s) published") if versions else NO_THRESHOLDS.found("threshold_versions")


def hours(patient: Patient) -> Iterator[Finding]:
    """How far the hourly table reaches."""
    yield extent(patient.rows("engagement_extent")[0], patient.examination.now_s)


def extent(row: Row, now_s: float) -> Finding:
    """From engagement_extent.sql."""
    if not row["rows_held"]:
        return NO_ROWS.found("engagement_hourly")
    newest = f"{datetime.fromtimestamp(row['newest_start'], UTC):%Y-%m-%d %H:%M}"
    behind = now_s - row["newest_start"]
    if behind > _OLD_ROWS_S:
        values: dict[str, Any] = {"held": row["rows_held"], "hours": row["hours_held"], "newest": newest, "ago": duration(behind)}
        return OLD_ROWS.found("engagement_hourly", **values)
    return ok("rows", f"engagement_hourly holds {row['rows_held']:,} rows of {row['hours_held']:,} hours up to {newest} UTC")


def comments(patient: Patient) -> Iterator[Finding]:
    """How far comments reach, and whose followers are known."""
    yield judged_comments(patient.rows("comments_extent")[0], patient.examination.now_s)


def judged_comments(row: Row, now_s: float) -> Finding:
    """From comments_extent.sql. Not every deployment has comments, so that none are there is no fault."""
    if not row["rows_held"]:
        return ok("comments", "comments_enriched is empty: it is filled by job comments or pipeline, from tiktok.comments.events")
    share = row["missing"] / row["rows_held"]
    if share > _MANY_MISSING:
        return NO_SNAPSHOTS.found("comments_enriched", held=row["rows_held"], share=share)
    ago = duration(max(0.0, now_s - row["newest"]))
    return ok("comments", f"comments_enriched holds {row['rows_held']:,}, the newest observed {ago} ago")


def quarantine(patient: Patient) -> Iterator[Finding]:
    """Records that jobs could not use."""
    yield from dead_letters(patient.rows("dead_letter_reasons"), patient.examination.now_ms)


def dead_letters(found: Sequence[Row], now_ms: int) -> Iterator[Finding]:
    """From dead_letter_reasons.sql: causes that a reason tells at once by their names, the rest per topic."""
    recent = [row for row in found if row["of_last_day"]]
    other: dict[str, list[Row]] = {}
    for row in recent:
        named = _named(row, now_ms)
        if named is None:
            other.setdefault(row["topic"], []).append(row)
        else:
            yield named
    for topic, reasons in other.items():
        top, count = reasons[0], sum(row["of_last_day"] for row in reasons)
        partitions, example = listed(top["partitions"]), str(top["example"])[:160]
        yield DEAD_LETTERS.found(topic, records=count, code=top["code"], partitions=partitions, example=example)
    if not recent:
        before = sum(row["records"] for row in found)
        yield ok("dead letters", f"none within a day{f', {before:,} before' if before else ''}")


def _named(row: Row, now_ms: int) -> Finding | None:
    """The finding of a reason that names its cause: the producer's clock, unit or registry."""
    level = Level.FAIL if now_ms - row["newest_ms"] < _STILL_S * SECOND_MS else Level.WARN
    where = f"{row['of_last_day']:,} quarantined within a day, of {listed(row['partitions'])}"
    number = re.search(r"=(-?\d+)|\b(\d+)\b", row["example"])
    value = int(number[1] or number[2]) if number else 0
    if row["code"] == "unknown_schema_id":
        return UNKNOWN_SCHEMA.found(row["topic"], level=level, schema=value, where=where)
    if row["code"] in ("event_time_in_future", "event_time_out_of_range") and unit_of(value):
        return WRONG_UNIT.found(row["topic"], level=level, value=value, unit=unit_of(value), where=where)
    if row["code"] == "event_time_in_future":
        ahead = duration(max(0.0, (value - row["newest_ms"]) / SECOND_MS))
        return FUTURE_CLOCK.found(row["topic"], level=level, ahead=ahead, where=where)
    return None


def accounts(patient: Patient) -> Iterator[Finding]:
    """Whether every record read is accounted for."""
    yield ledger(patient.rows("ledger_unaccounted"))


def ledger(found: Sequence[Row]) -> Finding:
    """From ledger_unaccounted.sql."""
    if not found:
        return ok("ledger", "every record read is counted, late, beyond the late bound or quarantined")
    missing = [row for row in found if row["unaccounted"] > 0]
    worst = (missing or found)[0]
    sums = (
        f"{worst['read']:,} read, {worst['counted']:,} counted,"
        f" {worst['late']:,} late, {worst['beyond_bound']:,} beyond the late bound, {worst['quarantined']:,} quarantined"
    )
    return (LOST if missing else DOUBLE).found(worst["run_id"], runs=len(missing or found), sums=sums)


def lateness(patient: Patient) -> Iterator[Finding]:
    """How much comes late."""
    yield late(patient.rows("ledger_late"))


def late(found: Sequence[Row]) -> Finding:
    """From ledger_late.sql. What is late counts, but rows that had been read have changed; beyond the bound only maxima have."""
    many = [row for row in found if row["late_share"] > _MANY_LATE or row["beyond_bound"]]
    some = many or [row for row in found if row["late_share"] > _SOME_LATE]
    if not some:
        if not found:
            return ok("late", "no late records in the runs of the last day")
        return ok("late", f"at most {found[0]['late_share']:.2%} of what a run of the last day has read")
    shown = [
        f"{row['run_id']} of {row['topic']}: {row['read']:,} read, {row['late']:,} late,"
        f" {row['beyond_bound']:,} beyond the late bound ({row['late_share']:.2%})"
        for row in some[:_SHOWN_LATE]
    ]
    runs = "; ".join(shown) + (f"; and {len(some) - _SHOWN_LATE} more" if len(some) > _SHOWN_LATE else "")
    return LATE.found(some[0]["run_id"], level=Level.FAIL if many else Level.WARN, runs=runs)


def parts(patient: Patient) -> Iterator[Finding]:
    """Parts that ClickHouse does not read."""
    yield detached(patient.rows("detached_parts"))


def detached(found: Sequence[Row]) -> Finding:
    """From detached_parts.sql."""
    if not found:
        return ok("parts", "none are set aside")
    first = found[0]
    return DETACHED.found(first["table"], parts=sum(row["parts"] for row in found), reason=first["example"] or "no reason given")


def tests(patient: Patient) -> Iterator[Finding]:
    """What the newest run of `tokpulse quality` found."""
    yield quality(patient.rows("quality_newest")[0], patient.examination.now_s)


def quality(row: Row, now_s: float) -> Finding:
    """From quality_newest.sql. Nobody has to run the tests: that they never ran is no fault."""
    if not row["tests"]:
        return ok("quality", "`tokpulse quality` has not tested the tables within 30 days")
    values: dict[str, Any] = {name: row[name] for name in ("tests", "failed", "warned")}
    values["ago"] = duration(max(0.0, now_s - row["checked"]))
    if row["failed"]:
        return QUALITY.found(example=row["example"], **values)
    return ok("quality", "{tests} tests {ago} ago, {failed} failed, {warned} warned".format_map(values))
