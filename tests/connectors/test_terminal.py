"""Foreign text on its way to a terminal or a log."""

from __future__ import annotations

import io
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from connectors.console import EscapingConsole, new_console, styled, table_console
from connectors.terminal import log_handler, printable, say

# What moves a cursor, sets a title, changes colours, direction or the width of lines: C0, C1, bidi marks, separators of lines.
HOSTILE = (
    "\x1b[31mRED",
    "\x1b]0;title\x07",
    "\x9b31m",
    "back\b\b",
    "over\r",
    "\u202egnp.exe",
    "\u2028",
    "\u200bzero",
    "tag\U000e0041",
)


def dangerous(text: str) -> set[str]:
    return {char for char in text if char != "\n" and (unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"))}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_terminal_acts_on_is_escaped(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(text)
    say(text, err=True)
    out, err = capsys.readouterr()
    assert dangerous(out) == set()
    assert out == err == f"{printable(text)}\n"
    assert "\\" in out


def test_texts_of_all_languages_are_shown_as_they_are() -> None:
    for text in ("größer", "台灣\u3000的", "नमस्ते", "🎉 ok", "مرحبا", "a\u00a0b", "a\nb"):
        assert printable(text) == text
    assert printable("a\nb", lines=False) == "a\\nb"


@given(st.text())
def test_nothing_else_gets_through(text: str) -> None:
    assert dangerous(printable(text)) == set()
    assert "\n" not in printable(text, lines=False)


@given(st.text(st.characters(), min_size=1))
def test_whatever_a_stream_can_write_say_writes(text: str) -> None:
    for encoding in ("utf-8", "ascii", "latin-1"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        say(text, stream=stream)


def test_log_lines_stay_lines(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    log = logging.getLogger("tokpulse.test.terminal")
    log.propagate = False
    handler = log_handler(stream, "%(levelname)s %(message)s")
    log.addHandler(handler)
    try:
        log.warning("upstream says %s", "\x1b[2Jok\nERROR forged line")
        try:
            raise ValueError("\x1b[31mred")
        except ValueError:
            log.exception("it failed")
    finally:
        log.removeHandler(handler)
    first, second, *trace = stream.getvalue().splitlines()
    assert first == "WARNING upstream says \\x1b[2Jok\\nERROR forged line"
    assert second == "ERROR it failed"
    assert trace[-1] == "ValueError: \\x1b[31mred"


@pytest.mark.parametrize("text", [*HOSTILE, "[red]not a style[/red]", "[/]", ":smile:", "[link=http://evil.example]x[/link]"])
def test_tables_and_titles_and_lines_show_text_as_it_is(text: str) -> None:
    file = io.StringIO()
    console = new_console(file=file, width=200)
    table = Table("name", text, title=text)
    table.add_row("cell", text)
    table.add_row(styled("styled", "bold"), styled(text, "red"))
    console.print(table)
    console.print(text)
    shown = file.getvalue()
    assert dangerous(shown) == set()
    assert shown.count(printable(text).strip()) >= 5


def test_a_style_reaches_a_terminal_and_the_text_does_not_change_it() -> None:
    file = io.StringIO()
    console = EscapingConsole(file=file, force_terminal=True, color_system="standard", highlight=False, markup=False)
    console.print(styled("\x1b[32mfail", "red"))
    assert file.getvalue() == "\x1b[31m\\x1b[32mfail\x1b[0m\n"


def test_off_a_terminal_tables_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert table_console().width == 132
