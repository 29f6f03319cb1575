"""The lexicon model: VADER's lexicon, an extension of it, and a name that says which."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from udfs.sentiment.emotes import EMOTES_FILE, shipped_emotes
from udfs.sentiment.extension import parse_extension, read_extension
from udfs.sentiment.plain import PlainScorer
from udfs.sentiment.slang import SlangScorer

FOLDER = Path(__file__).parent
LEXICON_FILE = FOLDER / "vader_lexicon.txt"
EMOJI_FILE = FOLDER / "vader_emoji.txt"
EXTENSION_FILE = FOLDER / "tiktok_lexicon.tsv"
# Counts changes of the rules; the hash beside it counts changes of the files.
RULES_VERSION = 4
# VADER's own limits of the three labels.
POSITIVE, NEGATIVE = 0.05, -0.05


class LexiconModel:
    """Scores texts by the lexicon and the extension in `extension`; without one, exactly as VADER does."""

    def __init__(self, extension: Path | None = EXTENSION_FILE) -> None:
        """Raises ExtensionError for an extension that is not clear, OSError where a file cannot be read."""
        lexicon = {token: float(mean) for token, mean in _pairs(LEXICON_FILE)}
        emoji = dict(_pairs(EMOJI_FILE))
        entries = parse_extension("", "") if extension is None else read_extension(extension)
        self._scorer = SlangScorer(lexicon, emoji, shipped_emotes(), entries) if entries else PlainScorer(lexicon, emoji)
        digest = hashlib.sha256()
        for path in (LEXICON_FILE, EMOJI_FILE, *([EMOTES_FILE, extension] if entries and extension else [])):
            digest.update(path.read_bytes())
        self.name = f"lexicon-{RULES_VERSION}-{digest.hexdigest()[:8]}"

    def compound(self, text: object) -> float:
        """-1 to 1, four digits; 0.0 for what is no text. Never raises."""
        return self._scorer.compound(text) if isinstance(text, str) else 0.0

    def compounds(self, texts: Iterable[object]) -> list[float]:
        """A score for each of `texts`, in their order."""
        score = self._scorer.compound
        return [score(text) if isinstance(text, str) else 0.0 for text in texts]


def label(compound: float) -> str:
    """`positive`, `neutral` or `negative`."""
    return "positive" if compound >= POSITIVE else "negative" if compound <= NEGATIVE else "neutral"


@cache
def shipped() -> LexiconModel:
    """The model with the shipped extension, loaded once in a process."""
    return LexiconModel()


def _pairs(path: Path) -> list[tuple[str, str]]:
    pairs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        token, value = line.split("\t")
        pairs.append((token, value))
    return pairs
