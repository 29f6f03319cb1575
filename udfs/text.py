"""What a text names: hashtags and mentions, as written, in order, each as often as it occurs."""

from __future__ import annotations

from connectors.hashtags import written_hashtags
from connectors.mentions import mentions as found_mentions


def hashtags(text: str | None) -> list[str]:
    """Hashtags with their sign, in Unicode's composed form (NFC); connectors/hashtags.py says what one is. [] for None."""
    return written_hashtags(text) if text else []


def mentions(text: str | None) -> list[str]:
    """`@name`s with their sign, in letters of any script. [] for None."""
    return found_mentions(text) if text else []
