"""What a text names: hashtags and mentions, as written, in order, each as often as it occurs."""

from __future__ import annotations

import re

_HASHTAG = re.compile(r"#\w+")
# TikTok's names may have dots inside; a letter before the sign makes it an e-mail address.
_MENTION = re.compile(r"(?<!\w)@\w+(?:\.\w+)*")


def hashtags(text: str | None) -> list[str]:
    """`#word`s with their sign, in letters of any script. [] for None."""
    return _HASHTAG.findall(text) if text else []


def mentions(text: str | None) -> list[str]:
    """`@name`s with their sign, in letters of any script. [] for None."""
    return _MENTION.findall(text) if text else []
