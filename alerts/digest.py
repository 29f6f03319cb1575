"""What a message says, before it is in any service's format: a title, a table of the fastest, and how many more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from alerts.alert import TRENDING, Alert

ROWS = 15
_MAX_CELL = 32


@dataclass(frozen=True)
class Digest:
    """`rows` hold text from upstream: escape it for the service. `numbers` are the columns that are set to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int
    link: str = ""
    numbers: tuple[int, ...] = ()

    @property
    def rest(self) -> str:
        """`and 12 more`, or nothing."""
        return f"and {self.more:,} more" if self.more else ""

    def shorter(self) -> Digest:
        """The same with one row less, which counts among the others."""
        return replace(self, rows=self.rows[:-1], more=self.more + 1)


def digest(alerts: Sequence[Alert], dashboard_url: str = "") -> Digest:
    """The message for alerts of one kind (at least one): the ROWS fastest, ordered by rate, then by key."""
    ordered = sorted(alerts, key=lambda alert: (-alert.rate, alert.key))
    shown, kind = ordered[:ROWS], ordered[0].kind
    since, until = min(alert.event_ms for alert in alerts), max(alert.event_ms for alert in alerts)
    count = len(alerts)
    numbers: tuple[int, ...]
    if kind == TRENDING:
        title = f"{count:,} trending post{_s(count)}, {_span('hour', since, until)}"
        rows = [_trending(alert.record) for alert in shown]
        columns, numbers = ("Post", "Plays/h", "Limit", "Tier", "Author"), (1, 2)
    else:
        title = f"{count:,} follower gain{_s(count)}, {_span('observed', since, until)}"
        rows = [_followers(alert.record) for alert in shown]
        columns, numbers = ("User", "Gained", "Within", "Limit", "Followers"), (1, 2, 3, 4)
    return Digest(title, columns, tuple(rows), count - len(shown), _link(dashboard_url, kind, since, until), numbers)


def shown(text: str, most: int = _MAX_CELL) -> str:
    """`text` from upstream in one line of at most `most` characters, without controls and changes of direction."""
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[: most + 1])
    return printable if len(printable) <= most else printable[: most - 1] + "…"


def _trending(record: Any) -> tuple[str, ...]:
    return (
        shown(record["aweme_id"]),
        f"{record['delta_plays_per_hour']:,.0f}",
        f"{record['threshold']:,.0f}",
        shown(record["tier"], 12),
        shown(record["author_id"]),
    )


def _followers(record: Any) -> tuple[str, ...]:
    return (
        shown(record["userid"]),
        f"{record['gained']:+,.0f}",
        f"{record['within_hours']} h",
        f"{record['threshold']:,.0f}",
        f"{record['curr_count']:,.0f}",
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _span(what: str, since_ms: int, until_ms: int) -> str:
    first, last = (f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%d %H:%M}" for ms in (since_ms, until_ms))
    if what == "hour":
        return f"hour to {first} UTC" if first == last else f"hours to {first} … {last} UTC"
    return f"{first} UTC" if first == last else f"{first} … {last} UTC"


def _link(base: str, kind: str, since_ms: int, until_ms: int) -> str:
    """`base` with the dataset and the time (Unix ms) as parameters; a page that does not know them ignores them."""
    if not base:
        return ""
    dataset, length_ms = ("trending_hourly", 3_600_000) if kind == TRENDING else ("follower_deltas", 0)
    parts = urlsplit(base)
    query = "&".join(filter(None, (parts.query, f"dataset={dataset}&from={since_ms - length_ms}&to={until_ms}")))
    return urlunsplit(parts._replace(query=query))
