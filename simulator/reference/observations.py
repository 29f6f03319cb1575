"""Expected rows of `post_observations` and `user_observations`: one row per post or user and moment of observation.

Several records of one moment are one row with the greatest value of each column (nothing is less than any region). Order and
repetition do not matter. What has landed has every counter of the topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_LAST_CREATE_S = 4_102_444_799
_STATS = {
    "follower_count": "followerCount",
    "following_count": "followingCount",
    "heart_count": "heartCount",
    "video_count": "videoCount",
    "digg_count": "diggCount",
}
# What rows have beside the marts' columns, for other marts that are computed from them.
_MORE = ("moment", "engagement_total")

Row = dict[str, Any]


class Observations:
    """Rows by (id, moment) that grow column by column."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, Row]] = {}

    def put(self, key: str, at_ms: int, row: Row) -> None:
        """Merges `row` into what is known of this moment."""
        moments = self._rows.setdefault(key, {})
        known = moments.get(at_ms)
        moments[at_ms] = row if known is None else {name: _greatest(known[name], value) for name, value in row.items()}

    def series(self) -> Iterator[tuple[str, list[Row]]]:
        """Per id, by id: its rows by time."""
        for key, moments in sorted(self._rows.items()):
            yield key, [moments[at_ms] for at_ms in sorted(moments)]

    def rows(self) -> list[Row]:
        """All rows of the mart, by id and time."""
        return [{name: value for name, value in row.items() if name not in _MORE} for _, series in self.series() for row in series]


class PostObservations(Observations):
    """Takes valid records of `tiktok.posts.events` one by one."""

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        created_s = post["create_time"] if 0 <= post["create_time"] <= _LAST_CREATE_S else 0
        row: Row = {name: post[name] for name in ("aweme_id", "author_id", "title", "region")}
        row |= {"duration": max(post["duration"], 0), "create_time": created_s * 1000}
        row |= {name: value for name, value in post.items() if name.endswith("_count")}
        row |= {"ingested_at": post["ingested_at"], "moment": post["ingested_at"]}
        row["engagement_total"] = post["digg_count"] + post["comment_count"] + post["share_count"]
        self.put(post["aweme_id"], post["ingested_at"], row)


class UserObservations(Observations):
    """Takes valid records of `tiktok.users.snapshots` one by one."""

    def add(self, snapshot: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        user, stats = snapshot["user"], snapshot["stats"]
        row: Row = {
            "userid": snapshot["userid"],
            "unique_id": user["uniqueId"],
            "nickname": user["nickname"],
            "sec_uid": user["secUid"],
            "is_verified": int(user["verified"]),
            "is_private": int(user["privateAccount"]),
            "region": user["region"],
        }
        row |= {name: stats[theirs] for name, theirs in _STATS.items()}
        row |= {"observed_at": snapshot["ingested_at"], "moment": snapshot["ingested_at"]}
        self.put(snapshot["userid"], snapshot["ingested_at"], row)


def _greatest(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
