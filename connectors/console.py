"""Tables, bars and colours on a terminal, through rich. Texts are escaped as `say` does, and never read as rich's markup."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import Console as Console
from rich.text import Text as Text

from connectors.terminal import printable

_WIDTH = 132


class EscapingConsole(Console):
    """Shows every string as it is, but for what a terminal would act on. Colours come from `styled` only."""

    def render_str(self, text: str, **options: Any) -> Text:
        """What rich makes of a string anywhere: in a cell, a title, a column, or printed as it is."""
        return super().render_str(printable(text), **options)


def new_console(*, stderr: bool = False, file: TextIO | None = None, width: int | None = None) -> Console:
    """A console without highlighting and markup."""
    return EscapingConsole(stderr=stderr, file=file, width=width, highlight=False, markup=False, emoji=False)


def table_console() -> Console:
    """As wide as the terminal; off one, rich would assume 80 columns and cut names and ids short."""
    console = new_console()
    return console if console.is_terminal else new_console(width=_WIDTH)


def styled(text: str, style: str) -> Text:
    """`text`, escaped, in a style of rich."""
    return Text(printable(text), style=style)
