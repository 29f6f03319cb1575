"""vaderSentiment as functions of PyFlink, vectorized and row by row, in a module that Python workers can import."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import udf
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@udf(result_type=DataTypes.DOUBLE(), func_type="pandas")  # type: ignore[untyped-decorator]  # PyFlink has no type hints
def vader_compound(texts: Any) -> Any:
    """vaderSentiment's compound of each text."""
    score = _analyzer().polarity_scores
    return pd.Series([score(text)["compound"] for text in texts])


@udf(result_type=DataTypes.DOUBLE())  # type: ignore[untyped-decorator]  # PyFlink has no type hints
def vader_compound_by_row(text: str) -> float:
    """The same, called once per row."""
    return float(_analyzer().polarity_scores(text)["compound"])
