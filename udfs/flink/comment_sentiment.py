"""Python function of the SQL files that score comments: `comment_sentiment`.

No text and no model makes it raise: where there is no score there is an `error`, which becomes a dead letter.
"""

from __future__ import annotations

import gc
import logging
from dataclasses import asdict
from typing import Any

import pandas as pd
from pyflink.table import DataTypes, FunctionContext, ScalarFunction
from pyflink.table.udf import udf

from udfs.language import UNKNOWN, guess_language
from udfs.sentiment.model import label
from udfs.sentiment.scorer import Counters
from udfs.sentiment.settings import SentimentSettings

COLUMNS = ("compound", "label", "model", "language", "error")


def guessed(text: str) -> str:
    """`guess_language`, which is worth no comment: where it fails nothing is known."""
    try:
        return guess_language(text)
    except Exception:
        logging.getLogger(__name__).exception("no guess at the language of a comment")
        return UNKNOWN


class CommentSentiment(ScalarFunction):  # type: ignore[misc]  # PyFlink has no type hints
    """Vectorized: (id, text) -> (compound, label, model, language, error); all NULL for a record that could not be decoded."""

    settings: SentimentSettings

    def __getstate__(self) -> dict[str, Any]:
        """The settings of whoever submits the job: Flink asks for this then, and a TaskManager's environment is another."""
        return {"settings": SentimentSettings.from_env()}

    def is_deterministic(self) -> bool:
        """False: which model answers depends on configuration and on its health, so two calls for one row might differ."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Makes the scorer and registers the metrics `sentiment.scored`, `fallbacks`, `quarantined` and `restarts`."""
        self._scorer = self.settings.scorer()
        # What is loaded by now stays: the garbage collector need not look at it again in every batch.
        gc.freeze()
        metrics = function_context.get_metric_group().add_group("sentiment")
        self._metrics = {name: metrics.counter(name) for name in asdict(Counters())}
        self._reported = asdict(Counters())

    def close(self) -> None:
        """Ends what the model started."""
        self._scorer.close()

    def eval(self, ids: Any, texts: Any) -> pd.DataFrame:
        """One row per comment."""
        # Lists: to take one element out of a Series takes as long as to score a short text.
        pairs = zip(ids.tolist(), texts.tolist(), strict=True)
        found = [(place, key, text) for place, (key, text) in enumerate(pairs) if text is not None]
        results = self._scorer.score([key for _, key, _ in found], [text for _, _, text in found])
        columns: dict[str, list[Any]] = {name: [None] * len(ids) for name in COLUMNS}
        compounds, labels, models, languages, errors = columns.values()
        # A record that could not be decoded has neither id nor text, and stays without anything.
        for (place, _, text), (compound, model, error) in zip(found, results, strict=True):
            models[place] = model
            if compound is None:
                errors[place] = error
            else:
                compounds[place], labels[place], languages[place] = compound, label(compound), guessed(text)
        self._report()
        return pd.DataFrame(columns, dtype=object)

    def _report(self) -> None:
        now = asdict(self._scorer.counters)
        for name, counter in self._metrics.items():
            counter.inc(now[name] - self._reported[name])
        self._reported = now


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
