"""Expected rows of `comments_enriched`: one row per comment, by its newest observation.

Of several observations of one moment the one with most likes counts, then most replies, then a hash of the rest decides. Late
observations count like any other, a repeated one changes nothing, and the order does not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from simulator.reference.follower_deltas import FollowerDeltas

FRESH_MS = 24 * 3_600_000
POSITIVE, NEGATIVE = 0.05, -0.05
_HASH_BITS = 50

COLUMNS = (
    "comment_id",
    "video_id",
    "user_id",
    "text",
    "create_time",
    "ingested_at",
    "digg_count",
    "reply_total",
    "sentiment_compound",
    "sentiment_label",
    "sentiment_model",
    "follower_count",
    "snapshot_at",
    "snapshot_status",
    "language",
)

# What a model says of a text: compound, name of the model, language.
Model = Callable[[str], tuple[float, str, str]]


class CommentsEnriched:
    """Takes valid records of `tiktok.comments.events` one by one; holds one per comment."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[tuple[int, int, int, int], Mapping[str, Any]]] = {}

    def add(self, comment: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        place = (comment["ingested_at"], comment["digg_count"], comment["reply_total"], _hash(comment))
        known = self._newest.get(comment["id"])
        if known is None or place > known[0]:
            self._newest[comment["id"]] = (place, comment)

    def rows(self, snapshots: FollowerDeltas, model: Model) -> list[dict[str, Any]]:
        """Rows with COLUMNS by comment_id; times in Unix milliseconds. `model` is asked once per comment."""
        return [self._row(comment, snapshots, model) for _, (_, comment) in sorted(self._newest.items())]

    def _row(self, comment: Mapping[str, Any], snapshots: FollowerDeltas, model: Model) -> dict[str, Any]:
        at_ms, user_id = comment["ingested_at"], comment["user"]["id"]
        compound, name, language = model(comment["text"])
        latest = snapshots.latest(user_id, at_ms)
        values = (
            comment["id"],
            comment["video_id"],
            user_id,
            comment["text"],
            comment["create_time"] * 1000,
            at_ms,
            comment["digg_count"],
            comment["reply_total"],
            compound,
            "positive" if compound >= POSITIVE else "negative" if compound <= NEGATIVE else "neutral",
            name,
            None if latest is None else latest[1],
            None if latest is None else latest[0],
            "missing" if latest is None else "fresh" if at_ms - latest[0] < FRESH_MS else "stale",
            language,
        )
        return dict(zip(COLUMNS, values, strict=True))


def _hash(comment: Mapping[str, Any]) -> int:
    parts = (comment["video_id"], comment["user"]["id"], str(comment["create_time"] * 1000), comment["text"])
    digest = hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _HASH_BITS)
