"""Python function of the SQL files that score comments: `comment_sentiment`.

It never raises: a text that the model cannot score gives a row with `error` set, which becomes a dead letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
from pyflink.table import DataTypes, FunctionContext, ScalarFunction
from pyflink.table.udf import udf

from udfs.language import guess_language
from udfs.sentiment.model import label, shipped

COLUMNS = ("compound", "label", "model", "language", "error")


@dataclass(frozen=True)
class Scored:
    """A text's score, -1 to 1, and the model and version that gave it; `error` says why there is none."""

    compound: float
    model: str
    error: str | None


class Scorer(Protocol):
    """Scores batches of texts."""

    def score(self, ids: Sequence[str], texts: Sequence[str]) -> list[Scored]:
        """One result per text, in their order; never raises."""


class LexiconScorer:
    """The shipped lexicon model as a Scorer."""

    def score(self, ids: Sequence[str], texts: Sequence[str]) -> list[Scored]:
        """See Scorer."""
        model = shipped()
        return [Scored(compound, model.name, None) for compound in model.compounds(texts)]


class CommentSentiment(ScalarFunction):  # type: ignore[misc]  # PyFlink has no type hints
    """Vectorized: (id, text) -> (compound, label, model, language, error); all NULL where there is no text."""

    def is_deterministic(self) -> bool:
        """False: which model answers depends on configuration, and a planner that knows it calls it once for all readers of a row."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Loads the model and registers the metric `sentiment.failed`."""
        self._scorer: Scorer = LexiconScorer()
        self._failed = function_context.get_metric_group().add_group("sentiment").counter("failed")

    def eval(self, ids: Any, texts: Any) -> pd.DataFrame:
        """One row per comment."""
        return pd.DataFrame(self._rows(list(ids), list(texts)), columns=list(COLUMNS), dtype=object)

    def _rows(self, ids: list[str | None], texts: list[str | None]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = [(None,) * len(COLUMNS)] * len(ids)
        # A record that cannot be decoded has neither id nor text.
        places = [place for place, text in enumerate(texts) if text is not None]
        known = [str(texts[place]) for place in places]
        for place, text, scored in zip(places, known, self._scorer.score([str(ids[place]) for place in places], known), strict=True):
            if scored.error is None:
                rows[place] = (scored.compound, label(scored.compound), scored.model, guess_language(text), None)
            else:
                rows[place] = (None, None, scored.model, None, scored.error)
                self._failed.inc()
        return rows


comment_sentiment = udf(
    CommentSentiment(),
    result_type=DataTypes.ROW(
        [
            DataTypes.FIELD("compound", DataTypes.DOUBLE()),
            DataTypes.FIELD("label", DataTypes.STRING()),
            DataTypes.FIELD("model", DataTypes.STRING()),
            DataTypes.FIELD("language", DataTypes.STRING()),
            DataTypes.FIELD("error", DataTypes.STRING()),
        ]
    ),
    func_type="pandas",
)
