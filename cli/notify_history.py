"""`tokpulse notify history`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from alerts.state import STATE_FILE, State
from connectors.endpoints import data_dir
from connectors.terminal import say
from thresholds.versions import iso


def command(
    outcome: Annotated[
        Literal["sent", "refused", "skipped", "muted"] | None, typer.Option(help="Only those with this outcome.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="The most lines.")] = 50,
    state: Annotated[
        Path | None, typer.Option(help="File that remembers what was sent.  [default: notify.sqlite in the data directory]")
    ] = None,
) -> None:
    """Show what became of alerts, the newest first.

    An alert was sent to a target, refused by it, skipped (too old, or a repeat) or muted.
    """
    with State(state or data_dir() / STATE_FILE, read_only=True) as outcomes:
        for one in outcomes.newest(rows, outcome):
            why = f"  by {one.reason}" if one.reason else f"  HTTP {one.status}" if one.status else ""
            say(f"{iso(one.at_ms)}  {one.outcome:<7}  {one.target:<10}  {one.key}{why}")
