"""The live screen of `tokpulse poll`, and its one line where there is no terminal."""

from __future__ import annotations

from rich.live import Live
from rich.table import Table

from connectors.console import Console
from connectors.terminal import printable
from polling.status import Status

_BAR = 24


def rows(status: Status) -> list[tuple[str, str]]:
    """What the screen says: (name, value)."""
    left = "unknown" if status.credits_left is None else f"{status.credits_left:,}"
    used = 0 if not status.per_day else min(_BAR, round(_BAR * status.spent_today / status.per_day))
    odd = {endpoint: state for endpoint, state in sorted(status.breakers.items()) if state != "closed"}
    per_kept = f"{status.spent / status.kept:.2f}" if status.kept else "-"
    lines = [
        ("feeds", f"{status.feeds:,}, {status.due:,} due, {status.in_flight} in flight"),
        ("requests", f"{status.per_minute:,} in the last minute, {status.spent:,} in all"),
        ("records", f"{status.kept:,} fresh, {per_kept} credits each"),
        ("budget", f"{'#' * used}{'.' * (_BAR - used)} {status.spent_today:,} of {status.per_day:,} today"),
        ("balance", left + (f"; paused: {status.paused}" if status.paused else "")),
        ("breakers", ", ".join(f"{endpoint} {state}" for endpoint, state in odd.items()) or "all closed"),
        ("waiting for Kafka", f"{status.pending} page(s)"),
    ]
    if any(status.handles.values()):
        lines.append(("handles", ", ".join(f"{number:,} {state}" for state, number in status.handles.items() if number)))
    if status.last_error:
        lines.append(("last error", printable(status.last_error, lines=False)[:300]))
    return lines


def line(status: Status) -> str:
    """The same in one line of a log."""
    return "; ".join(f"{name}: {value}" for name, value in rows(status) if name != "budget" or status.per_day)


class Screen:
    """A table that is redrawn in place."""

    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, status: Status) -> None:
        """Draws `status`."""
        table = Table(title=self._title, show_header=False, title_justify="left")
        for name, value in rows(status):
            table.add_row(name, value)
        self._live.update(table, refresh=True)
