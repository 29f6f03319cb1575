"""The bench's ClickHouse statements, each a file below bench/sql/clickhouse."""

from __future__ import annotations

from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.flink_runs import BenchError
from simulator.bulk import BulkTotals

_FOLDER = Path(__file__).resolve().parent / "sql" / "clickhouse"
TOTALS = ("rows", "play_count", "digg_count", "comment_count", "share_count", "engagement_total")


def statement(name: str) -> str:
    """The text of `<name>.sql`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def empty_tables(client: Client, *tables: str) -> None:
    """Removes what a measured run has written, so that the next one really writes."""
    for table in tables:
        client.command(statement("truncate"), parameters={"table": table})


def check_totals(client: Client, expected: BulkTotals) -> None:
    """Raises BenchError naming the first total of `engagement_hourly` that is not as produced."""
    (row,) = client.query(statement("engagement_totals")).result_rows
    refuse_difference("engagement_hourly", dict(zip(TOTALS, row, strict=True)), expected)


def refuse_difference(what: str, found: dict[str, int], expected: BulkTotals) -> None:
    """Raises BenchError when one of TOTALS in `found` is not the expected one."""
    for name in TOTALS:
        if found[name] != getattr(expected, name):
            raise BenchError(f"{what}: {name} is {found[name]:,}, not {getattr(expected, name):,}", "a wrong result has no speed")


def check_comments(client: Client, comments: int) -> None:
    """Raises BenchError when not every comment is in `comments_enriched` with its writer's followers, or all feel alike."""
    ((enriched, felt, known_writers),) = client.query(statement("comments_totals")).result_rows
    if (enriched, known_writers) != (comments, comments) or not 0 < felt < comments:
        raise BenchError(
            f"comments_enriched has {enriched:,} of {comments:,} comments, {known_writers:,} with followers, {felt:,} not neutral",
            "a wrong result has no speed",
        )


def final_posts(client: Client, window_start_ms: int) -> int:
    """How many posts of the hour have a final row of their own."""
    return int(client.query(statement("final_posts"), parameters={"window_start_ms": window_start_ms}).result_rows[0][0])


def judged_posts(client: Client, window_start_ms: int) -> int:
    """How many posts of the hour are in `trending_hourly`."""
    return int(client.query(statement("judged_posts"), parameters={"window_start_ms": window_start_ms}).result_rows[0][0])


def newest_plays(client: Client, table: str, time: str, posts: list[str], since_ms: int) -> dict[str, int]:
    """Id -> the most plays that `table` has of each of `posts`, in rows whose column `time` is not before `since_ms`."""
    parameters = {"table": table, "time": time, "posts": posts, "since_ms": since_ms}
    return {str(post): int(plays) for post, plays in client.query(statement("probes"), parameters=parameters).result_rows}
