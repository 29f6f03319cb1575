"""VADER itself: the score of a text by its lexicon and its emoji descriptions alone."""

from __future__ import annotations

from collections.abc import Mapping

from udfs.sentiment.valence import compound, sum_of
from udfs.sentiment.words import PlainCache


class PlainScorer:
    """Scores as vaderSentiment's `polarity_scores(text)["compound"]` does, digit for digit."""

    def __init__(self, lexicon: Mapping[str, float], emoji: Mapping[str, str]) -> None:
        """`lexicon`: token -> mean valence; `emoji`: character -> description."""
        self.words = PlainCache(lexicon)
        self._word = self.words.__getitem__
        self.emoji = {ord(character): f" {description}" for character, description in emoji.items()}

    def compound(self, text: str) -> float:
        """-1 to 1, four digits."""
        if not text.isascii():
            text = text.translate(self.emoji)
        total = sum_of(list(map(self._word, text.split())))
        return compound(total, text) if total else 0.0
