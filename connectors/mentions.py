"""Where texts name people: one grammar of @mentions, and one of names in sentences that services write.

Needs nothing but the standard library: functions that run in Flink's Python workers read mentions, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

# A handle has letters of any script, digits, underscores and points; a point at the end belongs to the sentence.
MENTION: Final = re.compile(r"@(?P<handle>[\w.]*\w)")
# Letters before the sign make no address: those of other scripts, and a hashtag, are words that end without a blank.
_EMAIL: Final = re.compile(
    r"(?<![\w.%+#@-])(?:[\w%+-]+\.)*[\w%+-]+(?P<sign>@)(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(?![\w@-])",
    re.ASCII,
)
# What a handle may be of which more was written without a blank: `@bob...yes`, `@bob` before letters of another script.
_BEFORE_POINTS: Final = re.compile(r".+?(?=\.\.)")
_BEFORE_SCRIPT: Final = re.compile(r"[\w.]*\w", re.ASCII)
# What may be a name after the sign, as long as upstream lets nicknames be, and where it may end.
_CALLED: Final = re.compile(r"@(?P<after>[^@\n]{1,48})")
_HANDLE: Final = re.compile(r"[\w.]*\w")
_ENDS: Final = re.compile(r"(?!\w)|(?<!\w)")
# `original sound - ada`, in any language; `Ada's video`, `Ada (@ada) on TikTok`; what a message quotes: `found 'ada'`.
_IN_SENTENCE: Final = re.compile(r"(?<=- )[^-\s][^-]*?(?=\s*$)|^.+?(?=['’]s\b|\s*\(@|\s+on\s+TikTok\b)|(?<=')[^']+(?=')")


def mentions(text: str) -> list[str]:
    """Every `@name` of a text, with its sign, in order. What follows the sign of an e-mail address is none."""
    addresses = {match.start("sign") for match in _EMAIL.finditer(text)} if "@" in text else set()
    return [match[0] for match in MENTION.finditer(text) if match.start() not in addresses]


def replace_mentions(text: str, other: Callable[[str], str | None]) -> str:
    """The text with `other(handle)` for each handle after an @ for which it is not None.

    Also in e-mail addresses and in what looks like one: whoever takes names out of texts takes too many rather than too few. Of
    `@bob...yes` it is asked about `bob...yes` first, then about `bob`.
    """
    return MENTION.sub(lambda match: _replaced(match["handle"], other), text) if "@" in text else text


def replace_in_sentence(text: str, other: Callable[[str], str | None]) -> str:
    """A sentence that a service wrote, with `other(name)` for what stands there in place of a name, for which it is not None."""
    return _IN_SENTENCE.sub(lambda match: match[0] if (new := other(match[0])) is None else new, text)


def replace_called(text: str, other: Callable[[str], str | None]) -> str:
    """The text with `other(name)` for what no handle is after an @, `@Ada Lovelace`: the longest name for which it is not None."""

    def replaced(match: re.Match[str]) -> str:
        after = match["after"]
        for end in (end for end in range(len(after), 0, -1) if not after[end - 1].isspace() and _ENDS.match(after, end)):
            new = other(after[:end]) if not _HANDLE.fullmatch(after, 0, end) else None
            if new is not None:
                return f"@{new}{after[end:]}"
        return match[0]

    return _CALLED.sub(replaced, text) if "@" in text else text


def replace_emails(text: str, other: Callable[[str], str]) -> str:
    """The text with `other(address)` for each e-mail address."""
    return _EMAIL.sub(lambda match: other(match[0]), text) if "@" in text else text


def first_in_sentence(text: str) -> str | None:
    """The name that a sentence of a service begins with; None where it begins with none."""
    match = _IN_SENTENCE.match(text)
    return None if match is None else match[0]


def _replaced(handle: str, other: Callable[[str], str | None]) -> str:
    for name in dict.fromkeys(_names(handle)):
        new = other(name)
        if new is not None:
            return "@" + new + handle[len(name) :]
    return "@" + handle


def _names(handle: str) -> list[str]:
    """`handle`, and what the handle may be where words follow it without a blank."""
    names = [handle]
    for shorter in (_BEFORE_POINTS, _BEFORE_SCRIPT):
        names += [match[0] for name in names if (match := shorter.match(name))]
    return names
