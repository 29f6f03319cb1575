"""The plain form of a text, in which a name can be seen however it was spelled: escaped, encoded, with invisible signs.

Needs nothing but the standard library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html import unescape
from typing import Final
from urllib.parse import unquote

# What is drawn as nothing: joiners, marks of direction, soft hyphens, variation selectors, tags.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e0fff]"
)
# As in the source text of JSON, JavaScript and CSS, which upstreams put into strings.
_ESCAPED: Final = re.compile(r"(?:\\+u[0-9A-Fa-f]{4})+|\\+x[0-9A-Fa-f]{2}|\\+u\{[0-9A-Fa-f]{1,6}\}")
_CODE: Final = re.compile(r"[0-9A-Fa-f]+")
_SIGNS: Final = re.compile(r"[%&\\]")
# An address in an address in an address.
_ROUNDS: Final = 4


def spelled_out(text: str) -> str:
    """`text` without escapes, percent-encoding, entities of HTML, invisible characters, and variants of letters (NFKC)."""
    for _ in range(_ROUNDS):
        plain = _once(text)
        if plain == text:
            break
        text = plain
    return text


def revealed(text: str, clean: Callable[[str], str]) -> str:
    """`clean(text)`; of the plain form where `clean` finds more in that. A text that hides nothing keeps its spelling."""
    kept, plain = clean(text), spelled_out(text)
    if plain == text:
        return kept
    cleaned = clean(plain)
    return kept if spelled_out(kept) == cleaned else cleaned


def _once(text: str) -> str:
    if _SIGNS.search(text):
        text = unescape(unquote(_ESCAPED.sub(_character, text)))
    return text if text.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


def _character(match: re.Match[str]) -> str:
    codes = [int(code, 16) for code in _CODE.findall(match[0])]
    if max(codes) >= 0x110000:
        return match[0]
    # Two escapes may be one letter.
    units = b"".join(chr(code).encode("utf-16-le", "surrogatepass") for code in codes)
    return units.decode("utf-16-le", "surrogatepass")
