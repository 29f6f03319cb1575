"""The topics that pages fill, and records that both dialects spell alike."""

from __future__ import annotations

from typing import Any

from connectors.upstream.fields import Item

POSTS = "tiktok.posts.events"
USERS = "tiktok.users.snapshots"
COMMENTS = "tiktok.comments.events"


def user_snapshot(item: Item, seen_ms: int) -> dict[str, Any]:
    """A record of `tiktok.users.snapshots` from an object with `user` and `stats` in camelCase. Raises BadFieldError."""
    user, stats = item.item("user"), item.item("stats" if item.has("stats") or not item.has("statsV2") else "statsV2")
    userid = user.identifier("id")
    return {
        "userid": userid,
        "user": {
            "id": userid,
            "uniqueId": user.text("uniqueId", "unique_id"),
            "nickname": user.prose("nickname"),
            "secUid": user.text("secUid", "sec_uid"),
            "verified": user.flag("verified"),
            "privateAccount": user.flag("privateAccount"),
            "region": user.optional("region"),
        },
        "stats": {
            "followerCount": stats.integer("followerCount"),
            "followingCount": stats.integer("followingCount"),
            "heartCount": stats.integer("heartCount", "heart"),
            "videoCount": stats.integer("videoCount"),
            "diggCount": stats.integer("diggCount"),
        },
        "ingested_at": seen_ms,
    }
