"""Reads the extension of the lexicon: a table of tabs that people edit, strictly, so that a slip never becomes a silent score."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from udfs.sentiment.patterns import Pattern, has_list, patterns_of

# When an entry counts. What each one means is said at the top of the file itself.
WHEN = ("any", "alone", "start", "end", "short", "capitals", "otherwise", "tears", "turns", "asks", "english")
COLUMNS = ("entry", "valence", "when", "reason")
MAX_VALENCE = 4.0


class ExtensionError(ValueError):
    """A line that says nothing clear; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word, several words or emoji, worth `valence` (-4 to 4) in the situation `when`; lists in it make it many."""

    text: str
    valence: float
    when: str
    reason: str
    patterns: tuple[Pattern, ...]


def read_extension(path: Path) -> tuple[Entry, ...]:
    """The entries of a file, in its order. Raises ExtensionError, or OSError where the file cannot be read."""
    try:
        return parse_extension(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise ExtensionError(f"{path.name}: not UTF-8 text, from byte {error.start} on") from error


def parse_extension(content: str, name: str) -> tuple[Entry, ...]:
    """The entries of a file's content. `name` is for messages. Raises ExtensionError."""
    entries: list[Entry] = []
    lines: dict[Pattern, int] = {}
    for number, line in enumerate(content.removeprefix("\ufeff").split("\n"), 1):
        bare = line.rstrip("\r")
        # A hashtag may be an entry; a remark has a blank after its sign.
        if not bare.strip() or bare == "#" or bare.startswith("# "):
            continue
        try:
            entry = _entry(bare)
            # How words are spelled differs, case does not: `capitals` is what tells W from w. Lists may overlap.
            first = number if has_list(entry.text) else lines.setdefault(entry.patterns[0], number)
            if first != number:
                raise ValueError(f"`{entry.text}` is already on line {first}")
        except ValueError as error:
            raise ExtensionError(f"{name}, line {number}: {error}") from error
        entries.append(entry)
    return tuple(entries)


def _entry(line: str) -> Entry:
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} columns, not {len(COLUMNS)} with a tab between them ({', '.join(COLUMNS)})")
    text, number, when, reason = cells
    if not text or text != " ".join(text.split()):
        raise ValueError("the entry is empty, or has blanks around it or doubled")
    if text != text.lower():
        raise ValueError(f"`{text}` must be in lower case: every case is found (`capitals` finds capitals only)")
    patterns = tuple(patterns_of(text))
    try:
        valence = float(number)
    except ValueError:
        raise ValueError(f"the valence `{number}` is not a number") from None
    if not isfinite(valence) or abs(valence) > MAX_VALENCE:
        raise ValueError(f"the valence {number} is not between -{MAX_VALENCE:g} and {MAX_VALENCE:g}")
    if when not in WHEN:
        raise ValueError(f"`{when}` is not one of {', '.join(WHEN)}")
    if not reason.strip():
        raise ValueError(f"`{text}` has no reason")
    return Entry(text, valence, when, reason.strip(), patterns)
