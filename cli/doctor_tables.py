"""Checks on the way out: rows in ClickHouse, dead letters, ledger, late data, parts that were set aside, tests of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cli.doctor_findings import Finding, duration, fail, ok, warn
from connectors.clickhouse.client import connect
from connectors.clickhouse.queries import rows
from connectors.endpoints import Endpoints

Row = Mapping[str, Any]
_MANY_MISSING = 0.9
# Shares of late records in what a run has read.
_SOME_LATE = 0.001
_MANY_LATE = 0.01
_SHOWN_LATE = 3


def tables(endpoints: Endpoints, now_s: float) -> Iterator[Finding]:
    """What ClickHouse holds. `now_s` is Unix seconds."""
    url = endpoints.clickhouse_url
    client = connect(url)
    try:
        yield extent(rows(client, url, "engagement_extent")[0], now_s)
        yield comments(rows(client, url, "comments_extent")[0], now_s)
        yield dead_letters(rows(client, url, "dead_letter_reasons"))
        yield ledger(rows(client, url, "ledger_unaccounted"))
        yield late(rows(client, url, "ledger_late"))
        yield detached(rows(client, url, "detached_parts"))
        yield quality(rows(client, url, "quality_newest")[0], now_s)
    finally:
        client.close()


def extent(row: Row, now_s: float) -> Finding:
    """From engagement_extent.sql."""
    if not row["rows_held"]:
        return fail("rows", "engagement_hourly is empty", "see the lines above; after a submission the first rows take about 20 s")
    newest = datetime.fromtimestamp(row["newest_start"], UTC)
    text = f"engagement_hourly holds {row['rows_held']:,} rows of {row['hours_held']:,} hours up to {newest:%Y-%m-%d %H:%M} UTC"
    behind = now_s - row["newest_start"]
    if behind > 2 * 3600:
        return warn(
            "rows",
            f"{text}, {duration(behind)} ago",
            "no newer observations have arrived: see the lines records, job and watermark",
        )
    return ok("rows", text)


def comments(row: Row, now_s: float) -> Finding:
    """From comments_extent.sql. Not every deployment has comments, so that none are there is no fault."""
    if not row["rows_held"]:
        return ok("comments", "comments_enriched is empty: it is filled by job comments or pipeline, from tiktok.comments.events")
    text = f"comments_enriched holds {row['rows_held']:,}, the newest observed {duration(max(0.0, now_s - row['newest']))} ago"
    share = row["missing"] / row["rows_held"]
    if share > _MANY_MISSING:
        todo = "most commenters have no profile snapshots: follower_count and reach say little"
        return warn("comments", f"{text}; {share:.0%} of their authors have no snapshot", todo)
    return ok("comments", text)


def dead_letters(rows: Sequence[Row]) -> Finding:
    """From dead_letter_reasons.sql."""
    if not rows:
        return ok("dead letters", "none")
    total, top = sum(row["records"] for row in rows), rows[0]
    text = f"{total:,}; most often {top['code']} ({top['records']:,} of {top['topic']}), e.g. {top['example'][:160]}"
    return warn("dead letters", text, f"the records are in {top['topic']}.dlq; fix their producer")


def ledger(rows: Sequence[Row]) -> Finding:
    """From ledger_unaccounted.sql."""
    if not rows:
        return ok("ledger", "every record read is counted, late, beyond the late bound or quarantined")
    missing = [row for row in rows if row["unaccounted"] > 0]
    worst = (missing or rows)[0]
    text = (
        f"{len(missing or rows)} run(s) do not add up; {worst['run_id']}: {worst['read']:,} read, {worst['counted']:,} counted,"
        f" {worst['late']:,} late, {worst['beyond_bound']:,} beyond the late bound, {worst['quarantined']:,} quarantined"
    )
    if missing:
        return fail("ledger", text, "records are missing: submit the job with --bounded to read them again, and please report it")
    todo = "more than late records explain: something is counted twice. The tables are not affected, but please report it"
    return warn("ledger", text, todo)


def late(rows: Sequence[Row]) -> Finding:
    """From ledger_late.sql. What is late counts, but rows that had been read have changed; beyond the bound only maxima have."""
    many = [row for row in rows if row["late_share"] > _MANY_LATE or row["beyond_bound"]]
    some = many or [row for row in rows if row["late_share"] > _SOME_LATE]
    if not some:
        if not rows:
            return ok("late", "no late records in the runs of the last day")
        return ok("late", f"at most {rows[0]['late_share']:.2%} of what a run of the last day has read")
    shown = [
        f"{row['run_id']} of {row['topic']}: {row['read']:,} read, {row['late']:,} late,"
        f" {row['beyond_bound']:,} beyond the late bound ({row['late_share']:.2%})"
        for row in some[:_SHOWN_LATE]
    ]
    text = "; ".join(shown) + (f"; and {len(some) - _SHOWN_LATE} more" if len(some) > _SHOWN_LATE else "")
    todo = (
        "which producers send observations that late? A longer --watermark-delay has them on time; a longer --late-bound takes in"
        " what is beyond it, which until then is judged in trending_hourly_corrected and follower_deltas_corrected only"
    )
    return fail("late", text, todo) if many else warn("late", text, todo)


def detached(rows: Sequence[Row]) -> Finding:
    """From detached_parts.sql."""
    if not rows:
        return ok("parts", "none are set aside")
    parts, first = sum(row["parts"] for row in rows), rows[0]
    text = f"{parts} part(s) are set aside, e.g. of {first['table']}: {first['example'] or 'no reason given'}"
    return fail("parts", text, "their rows are missing: submit the job with --bounded to write them again from Kafka")


def quality(row: Row, now_s: float) -> Finding:
    """From quality_newest.sql. Nobody has to run the tests: that they never ran is no fault."""
    if not row["tests"]:
        return ok("quality", "`tokpulse quality` has not tested the tables within 30 days")
    text = f"{row['tests']} tests {duration(max(0.0, now_s - row['checked']))} ago, {row['failed']} failed, {row['warned']} warned"
    if row["failed"]:
        return warn(
            "quality", f"{text}, e.g. {row['example']}", "`tokpulse quality` runs them again; see docs/quality.md for what to do"
        )
    return ok("quality", text)
