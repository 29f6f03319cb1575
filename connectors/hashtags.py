"""Where titles have hashtags: one grammar, which ClickHouse and Flink have too; tests/hashtags/cases.yaml holds them to one answer.

Needs nothing but the standard library: functions that run in Flink's Python workers read hashtags, too.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SIGNS: Final = "#\uff03"
# Pictures, and the letters of which flags are made. Not among them: \u203c and \u2049, which are punctuation.
_EMOJI: Final = (
    "\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2767"
    "\u2776-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3297\u3299\U0001f000-\U0001faff"
)
# Signs that change the character before them, and the end of flags of regions.
_TAGS: Final = "\U000e0020-\U000e007f"
# They hold what is on both sides together: joiners of scripts and of emoji, middle dots. At an end they are not of the tag.
_JOINERS: Final = "\u200c\u200d\u00b7\u30fb\uff65"


def _marks() -> str:
    """All combining marks (category M), as ranges of a character class; the last ones are selectors of variants."""
    codes = [code for block in (range(0x300, 0x20000), range(0xE0100, 0xE01F0)) for code in block]
    marks = [code for code in codes if unicodedata.category(chr(code))[0] == "M"]
    starts = [code for before, code in zip([0, *marks], marks, strict=False) if code != before + 1]
    ends = [code for code, after in zip(marks, [*marks[1:], 0], strict=True) if after != code + 1]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(starts, ends, strict=True))


_START: Final = rf"[\w{_EMOJI}]"
_PART: Final = rf"{_START}[\w{_EMOJI}{_TAGS}{_marks()}]*"
# A hashtag as it is written: a sign, a letter, digit, `_` or emoji, and what belongs to it.
HASHTAG: Final = re.compile(rf"[{SIGNS}]{_PART}(?:[{_JOINERS}]+{_PART})*")


def written_hashtags(text: str) -> list[str]:
    """The hashtags of a text with their sign, in Unicode's composed form (NFC), in order, each as often as it occurs."""
    return HASHTAG.findall(unicodedata.normalize("NFC", text))


def hashtags(text: str) -> list[str]:
    """The hashtags of a text as marts have them: without the sign, NFC, in lower case, each once, in order."""
    return list(dict.fromkeys(tag[1:].lower() for tag in written_hashtags(text)))


def hashtag_named(text: str) -> str:
    """One hashtag that somebody names, with or without its sign, as `hashtags` has it."""
    return unicodedata.normalize("NFC", text).removeprefix("#").removeprefix("\uff03").lower()
