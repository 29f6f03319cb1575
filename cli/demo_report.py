"""What the demo prints: the table of trending posts, the ledger of the run, and where things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from connectors.clickhouse.client import connect
from connectors.clickhouse.queries import rows
from connectors.console import table_console
from connectors.endpoints import Endpoints, mask_password
from connectors.errors import TokpulseError
from connectors.terminal import say

MIN_HOURS = 24


class DemoError(TokpulseError):
    """The demo ran, but not to the result it must have."""


def trending_by_hour(url: str, since_ms: int, hours: int) -> list[dict[str, Any]]:
    """The post that grew most beyond its threshold in each of the newest `hours` since `since_ms`; see trending_by_hour.sql."""
    client = connect(url)
    try:
        since = datetime.fromtimestamp(since_ms / 1000, UTC)
        return rows(client, url, "trending_by_hour", since=since, hours=hours)
    finally:
        client.close()


def ledger_lines(url: str, run_id: str) -> list[str]:
    """A line per topic of a run: what became of what was read. Raises DemoError when there is none."""
    client = connect(url)
    try:
        ledger = rows(client, url, "ledger_of_run", run_id=run_id)
    finally:
        client.close()
    if not ledger:
        raise DemoError(f"pipeline_ledger has no entry of run {run_id}", "`tokpulse doctor` looks for the reason")
    return [ledger_line(row) for row in ledger]


def ledger_line(row: Mapping[str, Any]) -> str:
    """The balance of one topic, and by how much it is off, if it is."""
    beyond = f" + {row['beyond_bound']:,} beyond the late bound" if row["beyond_bound"] else ""
    line = (
        f"{row['topic']}: {row['read']:,} read = {row['counted']:,} counted + {row['late']:,} late{beyond}"
        f" + {row['quarantined']:,} quarantined"
    )
    return f"{line} (off by {row['unaccounted']:+,}: `tokpulse doctor`)" if row["unaccounted"] else line


def table_of(posts: Sequence[Mapping[str, Any]]) -> Table:
    """The rows of `trending_by_hour` as a table, oldest hour first."""
    table = Table(
        title="Fastest growing post of each hour (UTC), against its tier's threshold; in brackets, how many trend in the hour",
        box=None,
        pad_edge=False,
        title_justify="left",
    )
    for title in ("hour", "post", "author"):
        table.add_column(title, no_wrap=True)
    for title in ("followers", "plays", "plays/h", "threshold"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("tier", "trending"):
        table.add_column(title, no_wrap=True)
    for row in reversed(posts):
        followers, trending = row["author_follower_count"], row["trending_posts"]
        table.add_row(
            f"{row['window_start']:%Y-%m-%d %H:%M}",
            str(row["aweme_id"]),
            str(row["author_id"]),
            "-" if followers is None else f"{followers:,}",
            f"{row['play_count']:,}",
            f"{row['delta_plays_per_hour']:+,.0f}",
            f"{row['threshold']:,.0f}",
            str(row["tier"]),
            f"yes ({trending})" if row["is_trending"] else "no",
        )
    return table


def print_results(posts: Sequence[Mapping[str, Any]], ledger: Sequence[str]) -> None:
    """The table and the ledger on stdout. Raises DemoError when fewer than MIN_HOURS hours came out."""
    console = table_console()
    console.print(table_of(posts))
    if len(posts) < MIN_HOURS:
        raise DemoError(
            f"ClickHouse has growth of {len(posts)} hours, not of {MIN_HOURS}", "`tokpulse doctor` looks for the reason"
        )
    console.print("", *ledger, sep="\n", soft_wrap=True)


def print_addresses(endpoints: Endpoints, dashboard: str) -> None:
    """Where to look on, passwords masked."""
    reader = endpoints.values.get("CLICKHOUSE_READER_URL", "")
    say(f"\ndashboard   {dashboard}")
    say(f"ClickHouse  {mask_password(endpoints.clickhouse_url)}")
    if reader:
        say(f"  read-only {mask_password(reader)}")
    say(f"Flink       {endpoints.flink_rest_url}")
    say(f"variables   {endpoints.env_file} (with the passwords)")
