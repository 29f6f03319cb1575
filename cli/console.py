"""Where commands print tables."""

from __future__ import annotations

from rich.console import Console

_WIDTH = 132


def table_console() -> Console:
    """As wide as the terminal; off one, rich would assume 80 columns and cut names and ids short."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)
