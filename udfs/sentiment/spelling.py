"""How comments spell: drawn-out words, laughter in many languages, emoji that touch words, apostrophes of telephones."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator

LAUGHTER = "haha"
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_DOUBLED_AT_END = re.compile(r"([^\W\d_])\1$")
_LAUGHTER = re.compile(
    r"[abmuwx]{0,4}(?:(?:h+[aeiou]+){2,}h*|(?:j+[aeiou]+){2,}j*|(?:j+s+){2,}j*)|(?:ke){2,}k*|(?:ka){3,}k*|k{3,}|a{0,2}[wk]{5,}"
    r"|(?:rs){2,}r?|(?:lo){2,}l+|x+d+|w{3,}|5{3,}|(?=\w*(?:js|sj|jd|kj|jk|hj))[asdfghjkl]{6,}"
    r"|[аып]{0,3}(?:х+[аеи]+){2,}х*|[ㅋㅎ]{2,}|ه{3,}|خ{3,}|哈{2,}|笑+|草+"
)
# Letters of scripts that put no blanks between words: Thai, Japanese, Chinese, Korean.
UNSPACED = re.compile("[\u0e01-\u0e4e\u3041-\u30fa\u3400-\u9fff\uac00-\ud7a3\u3131-\u318e]")
_FACE_AT_END = re.compile(r"[:;=]'?-?(?:\(+|\)+)$")
# Marks between letters that want a blank: so good...but why,really
_GLUED = re.compile(r"(?<=[^\W\d_])(?:\.{2,}|…|[,!?]+)(?=[^\W\d_])")
# Laughter is known by its beginning; tokens may have thousands of characters.
_LAUGHTER_LENGTH = 60

# Marks of direction among them, and the letters of which flags of regions are made.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\ufeff\ufe0e\ufe0f\u061c\u00ad" + "".join(
    chr(code) for block in (range(0x202A, 0x202F), range(0x2060, 0x2070), range(0xE0000, 0xE0080)) for code in block
)
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


def apart(token: str) -> list[str]:
    """The words, pictures and faces of signs of a token between blanks; none for one that cannot be seen."""
    if token.isascii() and "\0" not in token:
        return _words_apart(token)
    composed = unicodedata.normalize("NFC", token)
    return [part for word in composed.translate(CHARACTERS).split() for part in _words_apart(word)]


def _words_apart(token: str) -> list[str]:
    if token.isalpha():
        return [token]
    if _GLUED.search(token) and "/" not in token:
        return [part for word in _GLUED.sub(r"\g<0> ", token).split() for part in _face_apart(word)]
    return _face_apart(token)


def _face_apart(token: str) -> list[str]:
    face = _FACE_AT_END.search(token) if token[-1] in "()" else None
    return [token[: face.start()], face[0]] if face and face.start() else [token]


def is_emoji(token: str) -> bool:
    """Whether a token is one picture."""
    return len(token) == 1 and any(ord(token) in block for block in _EMOJI_BLOCKS)


def spellings(token: str) -> Iterator[str]:
    """Ways to look a token up, the likeliest first: as it is, then shortened. In lower case; never empty."""
    lower = token.lower()
    bare = lower.strip(string.punctuation)
    # First, because 555 is a number too.
    if _LAUGHTER.fullmatch(bare[:_LAUGHTER_LENGTH]):
        yield LAUGHTER
    yield lower
    if bare and bare != lower:
        yield bare
    # Quoted and possessive words: she's, y'all.
    if "'" in bare and not bare.endswith("'ll"):
        yield bare.replace("'", "")
    if _DRAWN_OUT.search(bare):
        yield _DRAWN_OUT.sub(r"\1\1", bare)
        yield _DRAWN_OUT.sub(r"\1", bare)
        yield _DOUBLED.sub(r"\1", bare)
    elif _DOUBLED_AT_END.search(bare):
        yield bare[:-1]
