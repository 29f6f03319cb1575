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

ROUNDS = 5


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

    def text(self) -> str:
        """A line per scorer."""
        lines = [f"sentiment, {self.texts:,} simulated comments, one core, best of {ROUNDS}"]
        for name, rate in (("vaderSentiment", self.vader), ("VADER's rules", self.plain), ("shipped lexicon", self.shipped)):
            lines.append(f"  {name:<16} {rate:>10,.0f} texts/s  {rate / self.vader:.1f}x")
        return "\n".join(lines)


def measure(progress: Progress) -> ScorerSpeed:
    """Scores the comments of a simulated universe; the contenders take turns, so that a busy minute slows all of them."""
    progress.line("sentiment: simulating comments")
    settings = SimulationSettings(topics=(COMMENTS,), comments_per_poll=1.0, hours=12)
    texts = [str(delivery.record["text"]) for delivery in simulate(settings)]
    oracle, plain, shipped = SentimentIntensityAnalyzer(), LexiconModel(None), LexiconModel()
    scorers: dict[str, Callable[[], object]] = {
        "vader": lambda: [oracle.polarity_scores(text) for text in texts],
        "plain": lambda: plain.compounds(texts),
        "shipped": lambda: shipped.compounds(texts),
    }
    best = dict.fromkeys(scorers, float("inf"))
    for turn in range(ROUNDS):
        progress.line(f"sentiment: turn {turn + 1} of {ROUNDS}")
        for name, score in scorers.items():
            started = process_time()
            score()
            best[name] = min(best[name], process_time() - started)
    return ScorerSpeed(len(texts), **{name: len(texts) / seconds for name, seconds in best.items()})
