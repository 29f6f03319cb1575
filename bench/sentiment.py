"""Texts per second of the lexicon model on one core, beside vaderSentiment on the same texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench.progress import Progress
from simulator.delivery import simulate
from simulator.settings import COMMENTS, SimulationSettings
from udfs.sentiment.model import LexiconModel

ROUNDS = 8


@dataclass(frozen=True)
class ScorerSpeed:
    """Texts per second of processor time, the best of ROUNDS turns each."""

    texts: int
    vader: float
    plain: float
    shipped: float

    def figures(self) -> dict[str, Any]:
        """For the JSON report."""
        return {
            "texts": self.texts,
            "vader_per_s": self.vader,
            "rules_of_vader_per_s": self.plain,
            "shipped_lexicon_per_s": self.shipped,
        }

    def text(self, name: str) -> str:
        """A line per scorer. `name`: of the texts."""
        lines = [f"sentiment, {self.texts:,} {name}, one core, best of {ROUNDS}"]
        for scorer, rate in (("vaderSentiment", self.vader), ("VADER's rules", self.plain), ("shipped lexicon", self.shipped)):
            lines.append(f"  {scorer:<16} {rate:>10,.0f} texts/s  {rate / self.vader:.1f}x")
        return "\n".join(lines)


@dataclass(frozen=True)
class ScorerSpeeds:
    """With the repeats that comments have, and each text once: scorers keep words they have seen, so that repeats are cheaper."""

    repeated: ScorerSpeed
    distinct: ScorerSpeed

    def figures(self) -> dict[str, Any]:
        """For the JSON report."""
        return {"comments": self.repeated.figures(), "distinct_texts": self.distinct.figures()}

    def text(self) -> str:
        """Both, one after the other."""
        return f"{self.repeated.text('simulated comments')}\n{self.distinct.text('distinct texts of these')}"


def measure(progress: Progress) -> ScorerSpeeds:
    """Scores the comments of a simulated universe; the contenders take turns, so that a busy minute slows all of them."""
    progress.line("sentiment: simulating comments")
    settings = SimulationSettings(topics=(COMMENTS,), comments_per_poll=1.0, hours=12)
    texts = [str(delivery.record["text"]) for delivery in simulate(settings)]
    return ScorerSpeeds(_measure(texts, progress), _measure(list(dict.fromkeys(texts)), progress))


def _measure(texts: list[str], progress: Progress) -> ScorerSpeed:
    oracle, plain, shipped = SentimentIntensityAnalyzer(), LexiconModel(None), LexiconModel()
    scorers: dict[str, Callable[[], object]] = {
        "vader": lambda: [oracle.polarity_scores(text) for text in texts],
        "plain": lambda: plain.compounds(texts),
        "shipped": lambda: shipped.compounds(texts),
    }
    best = dict.fromkeys(scorers, float("inf"))
    for turn in range(ROUNDS):
        progress.line(f"sentiment: {len(texts):,} texts, turn {turn + 1} of {ROUNDS}")
        for name, score in scorers.items():
            started = process_time()
            score()
            best[name] = min(best[name], process_time() - started)
    return ScorerSpeed(len(texts), **{name: len(texts) / seconds for name, seconds in best.items()})
