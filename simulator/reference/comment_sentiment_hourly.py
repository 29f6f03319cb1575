"""Expected rows of `comment_sentiment_hourly`: one row per post and UTC hour in which comments on it were last observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.reference.engagement_hourly import HOUR_MS

BILLION = 1_000_000_000
COLUMNS = (
    "video_id",
    "window_start",
    "window_end",
    "comments",
    "mean_compound",
    "positive",
    "neutral",
    "negative",
    "reach",
    "reach_weighted_compound",
    "no_evidence",
)


def comment_sentiment_hourly(comments: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with COLUMNS by video_id and window_start, from rows of `comments_enriched`; times in Unix milliseconds.

    A comment weighs as much as its writer has followers, nothing where that is not known. One with the score 0 is in no mean;
    without any weight there is none.
    """
    hours: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for comment in comments:
        hours.setdefault((comment["video_id"], comment["ingested_at"] // HOUR_MS * HOUR_MS), []).append(comment)
    rows = []
    for (video_id, start_ms), found in sorted(hours.items()):
        labels = [comment["sentiment_label"] for comment in found]
        # Whole numbers add up to the same in any order.
        compounds = [round(comment["sentiment_compound"] * BILLION) for comment in found]
        weights = [comment["follower_count"] or 0 for comment in found]
        reach = sum(weights)
        scored = [weight for compound, weight in zip(compounds, weights, strict=True) if compound]
        weighed = sum(compound * weight for compound, weight in zip(compounds, weights, strict=True))
        values = (
            video_id,
            start_ms,
            start_ms + HOUR_MS,
            len(found),
            sum(compounds) / BILLION / len(scored) if scored else None,
            *(labels.count(label) for label in ("positive", "neutral", "negative")),
            reach,
            weighed / BILLION / sum(scored) if sum(scored) else None,
            len(found) - len(scored),
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows
