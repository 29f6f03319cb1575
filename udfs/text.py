"""What a text names: hashtags and mentions, as written, in order, each as often as it occurs."""

from __future__ import annotations

import re

from connectors.mentions import mentions as found_mentions

_HASHTAG = re.compile(r"#\w+")


def hashtags(text: str | None) -> list[str]:
    """`#word`s with their sign, in letters of any script. [] for None."""
    return _HASHTAG.findall(text) if text else []


def mentions(text: str | None) -> list[str]:
    """`@name`s with their sign, in letters of any script. [] for None."""
    return found_mentions(text) if text else []
