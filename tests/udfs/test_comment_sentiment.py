"""The function that scores comments: each row its own score, bad ones an error, the submitter's settings, metrics."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from jobs.settings import SettingError, check_sentiment
from udfs.flink.comment_sentiment import COLUMNS, CommentSentiment
from udfs.sentiment.model import shipped
from udfs.sentiment.scorer import Scorer


class Metrics:
    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def get_metric_group(self) -> Metrics:
        return self

    def add_group(self, *_: str) -> Metrics:
        return self

    def counter(self, name: str) -> Any:
        return SimpleNamespace(inc=lambda by: self.values.update({name: self.values.get(name, 0) + by}))


class Picky:
    """A model that knows one word only."""

    label = name = "picky"
    rows_per_call = None
    restarts = 0

    def compounds(self, texts: Any, seconds: float) -> list[float]:
        if "poison" in texts:
            raise ValueError("no")
        return [-0.5] * len(texts)

    def close(self) -> None:
        """Nothing to end."""


def travelled(metrics: Metrics) -> CommentSentiment:
    """The function as it is on a TaskManager."""
    function = cast("CommentSentiment", pickle.loads(pickle.dumps(CommentSentiment())))  # noqa: S301 - our own
    function.open(cast("Any", metrics))
    return function


def rows(function: CommentSentiment, ids: list[str | None], texts: list[str | None]) -> list[list[Any]]:
    found = function.eval(pd.Series(ids, dtype=object), pd.Series(texts, dtype=object))
    assert tuple(found.columns) == COLUMNS
    return cast("list[list[Any]]", found.to_numpy().tolist())


def test_each_row_has_its_own_score_and_what_did_not_decode_has_none() -> None:
    metrics = Metrics()
    function = travelled(metrics)
    name, compound = shipped().name, shipped().compound
    assert rows(function, ["a", None, "b", "c"], ["I love this", None, "", "donde esta"]) == [
        [compound("I love this"), "positive", name, "en", None],
        [None] * 5,
        [0.0, "neutral", name, "und", None],
        [compound("donde esta"), "neutral", name, "es", None],
    ]
    assert rows(function, [], []) == []
    assert metrics.values == {"scored": 3, "fallbacks": 0, "quarantined": 0, "restarts": 0}


def test_a_text_that_the_model_fails_on_names_its_comment_and_spares_the_others() -> None:
    metrics = Metrics()
    function = travelled(metrics)
    function._scorer = Scorer(Picky(), shipped())
    good, bad = rows(function, ["a", "b"], ["fine", "poison"])
    assert good[:3] == [-0.5, "negative", "picky"]
    assert bad[:4] == [None, None, "picky", None]
    assert bad[4].startswith("sentiment: comment b: picky: ")
    assert (metrics.values["scored"], metrics.values["quarantined"]) == (1, 1)


def test_the_settings_are_those_of_the_submitter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKPULSE_SENTIMENT_FAILURES", "7")
    sent = pickle.dumps(CommentSentiment())
    monkeypatch.setenv("TOKPULSE_SENTIMENT_FAILURES", "9")
    assert pickle.loads(sent).settings.failures == 7  # noqa: S301 - our own


@pytest.mark.parametrize(("name", "value"), [("MODEL", "vader"), ("LEXICON", "/nowhere/words.tsv"), ("MODELL", "onnx")])
def test_settings_that_mean_nothing_are_an_error_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TOKPULSE_SENTIMENT_{name}", value)
    with pytest.raises(SettingError, match=r"TOKPULSE_SENTIMENT|/nowhere/words\.tsv"):
        check_sentiment()


def test_the_default_settings_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKPULSE_SENTIMENT_MODEL", raising=False)
    check_sentiment()
