"""Which share of what is observed can be judged by followers: post-hours and comments with a fresh snapshot."""

from __future__ import annotations

from typing import Any

from connectors.clock import HOUR_MS
from connectors.upstream.records import COMMENTS, POSTS
from polling.writing.snapshots import Snapshots


def person_of(topic: str, record: Any) -> str | None:
    """Whose snapshot a record is joined with: the author of a post, the writer of a comment."""
    if topic == POSTS:
        return str(record["author_id"])
    return str(record["user"]["id"]) if topic == COMMENTS else None


class Coverage:
    """Counts each post once an hour, and each comment once, as of its newest observation since `begun_ms` (unix milliseconds)."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self.begun_ms = 0

    def of(self, topic: str, userid: str, last_ms: int | None, at_ms: int) -> tuple[int, int]:
        """What an observation adds to all and to those with a fresh snapshot; `last_ms` is when the one before was observed."""
        now = self._snapshots.fresh_at(userid, at_ms)
        if last_ms is None or last_ms < self.begun_ms or (topic == POSTS and last_ms // HOUR_MS != at_ms // HOUR_MS):
            return 1, int(now)
        return 0, int(now) - int(self._snapshots.fresh_at(userid, last_ms))
