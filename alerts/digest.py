"""What a message says, before it is in any service's format: a title, the fastest with what is known of each, and how many more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.alert import Alert
from alerts.facts import UNKNOWN, Facts, Known, Said, dashboard_link, lines_of, minute
from connectors.clock import HOUR_MS

ROWS = 10
Item = tuple[tuple[Said, ...], ...]
"""One alert: its lines."""


@dataclass(frozen=True)
class Digest:
    """`items` hold text from upstream: escape it for the service."""

    title: str
    items: tuple[Item, ...]
    more: int
    link: str = ""

    @property
    def rest(self) -> str:
        """`and 12 more`, or nothing."""
        return f"and {self.more:,} more" if self.more else ""

    def shorter(self) -> Digest:
        """The same with one item less, which counts among the others."""
        return replace(self, items=self.items[:-1], more=self.more + 1)


def ordered(alerts: Sequence[Alert]) -> list[Alert]:
    """By rate, the fastest first, then by key."""
    return sorted(alerts, key=lambda alert: (-alert.rate, alert.key))


def digest(alerts: Sequence[Alert], known: Mapping[str, Known], dashboard: str = "") -> Digest:
    """The message for alerts of one kind (at least one): the ROWS fastest. `known` is by key; `dashboard` its address, if any."""
    kind, count = alerts[0].about, len(alerts)
    since, until = min(alert.event_ms for alert in alerts), max(alert.event_ms for alert in alerts)
    hours = kind.at == "window_end"
    title = f"{count:,} {kind.noun}{'' if count == 1 else 's'}, {_span(since, until, hours)}"
    items = [lines_of(Facts(alert, known.get(alert.key, UNKNOWN), dashboard)) for alert in ordered(alerts)[:ROWS]]
    link = dashboard_link(dashboard, kind.page, since - HOUR_MS, until + HOUR_MS)
    return Digest(title, tuple(items), count - len(items), link)


def _span(since_ms: int, until_ms: int, hours: bool) -> str:
    first, last = minute(since_ms), minute(until_ms)
    when = f"{first} UTC" if first == last else f"{first} … {last} UTC"
    return f"hour{'' if first == last else 's'} to {when}" if hours else when
