"""A month of what the jobs write, computed inside ClickHouse: as many rows as a product of that size would hold, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

_FOLDER = Path(__file__).resolve().parent / "sql" / "boards"
# Names of files below bench/sql/boards. What a day has is written day by day: no statement takes long, and each day is one part.
_CREATED = ("create_creators", "create_posts")
_ONCE = ("creators", "posts", "threshold_versions", "comments_late_snapshots", "dead_letters", "pipeline_ledger", "quality_results")
_DAILY = (
    *("engagement_hourly", "trending_hourly", "momentum_alerts", "follower_snapshots", "follower_deltas", "comments"),
    *("post_observations", "user_observations"),
)
START = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Universe:
    """How much there is. Each post is observed every 5 minutes for `watched_hours`; with the defaults, 20 million times in all."""

    posts: int = 29_000
    creators: int = 2_000
    comments: int = 2_000_000
    letters: int = 20_000
    days: int = 30
    watched_hours: int = 60

    @property
    def end(self) -> datetime:
        """The first moment without data."""
        return START + timedelta(days=self.days)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the statements, but for the day."""
        return {
            "posts": self.posts,
            "creators": self.creators,
            "comments": self.comments,
            "letters": self.letters,
            "days": self.days,
            "watched_hours": self.watched_hours,
            "start": _moment(START),
        }


def fill(client: Client, universe: Universe) -> None:
    """Writes the rows of `universe` into the migrated database of `client`, which holds none yet. The same rows each time."""
    for name in _CREATED:
        client.command(boards_statement(name))
    for name in _ONCE:
        client.command(boards_statement(name), parameters=universe.parameters())
    for name in _DAILY:
        for day in range(universe.days):
            client.command(
                boards_statement(name), parameters={**universe.parameters(), "day": _moment(START + timedelta(days=day))}
            )


def boards_statement(name: str) -> str:
    """The text of `<name>.sql` of bench/sql/boards."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
