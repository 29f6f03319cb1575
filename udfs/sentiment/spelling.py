"""How comments spell: drawn-out words, laughter in many languages, emoji that touch words, apostrophes of telephones."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

LAUGHTER = "haha"
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER = re.compile(
    r"a*(?:(?:[hj]+[aei]+){2,}[hj]*|(?:k[aek]){2,}k*|k{4,}|(?:wk){2,}w?|(?:х+[аеи]+){2,}х*|[ㅋㅎ]{2,}|ه{3,}|哈{2,}|5{3,}|笑+)"
)

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f\u061c\u00ad" + "".join(map(chr, range(0x202A, 0x202F)))
_SKIN_TONES = "".join(map(chr, range(0x1F3FB, 0x1F400)))
_APOSTROPHES = "’‘ʼ`´＇"
# Pictures of these blocks are words of their own, also those that no table knows.
_EMOJI_BLOCKS = (range(0x2600, 0x27C0), range(0x1F300, 0x1F3FB), range(0x1F400, 0x1FB00))

CHARACTERS: dict[int, str] = (
    {code: f" {chr(code)} " for block in _EMOJI_BLOCKS for code in block}
    | {ord(character): "" for character in _INVISIBLE + _SKIN_TONES}
    | {ord(character): "'" for character in _APOSTROPHES}
    | {0: " "}
)


def is_emoji(token: str) -> bool:
    """Whether a token is one picture."""
    return len(token) == 1 and any(ord(token) in block for block in _EMOJI_BLOCKS)


def spellings(token: str) -> Iterator[str]:
    """Ways to look a token up, the likeliest first: as it is, then shortened. In lower case; never empty."""
    lower = token.lower()
    yield lower
    bare = lower.strip(string.punctuation)
    if bare and bare != lower:
        yield bare
    # Quoted and possessive words: she's, y'all.
    if "'" in bare:
        yield bare.replace("'", "")
    if _DRAWN_OUT.search(bare):
        yield _DRAWN_OUT.sub(r"\1\1", bare)
        yield _DRAWN_OUT.sub(r"\1", bare)
    if _LAUGHTER.fullmatch(bare):
        yield LAUGHTER
