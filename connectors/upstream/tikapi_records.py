"""TikTok's own nested items, as TikAPI hands them through, as records of the topics. All raise BadFieldError."""

from __future__ import annotations

from typing import Any

from connectors.upstream.fields import Item


def post_event(item: Item, seen_ms: int) -> dict[str, Any]:
    """A record of `tiktok.posts.events`."""
    video = item.item("video")
    stats = item.item("stats" if item.has("stats") or not item.has("statsV2") else "statsV2")
    return {
        "aweme_id": item.identifier("id"),
        "region": item.optional("locationCreated"),
        "title": item.prose("desc"),
        "duration": video.integer("duration"),
        # A slide show has no video at all, and a post that may not be downloaded no address for that.
        "play": video.text("playAddr", default=""),
        "wmplay": video.text("downloadAddr", default=""),
        "hdplay": None,
        "play_count": stats.integer("playCount"),
        "digg_count": stats.integer("diggCount"),
        "comment_count": stats.integer("commentCount"),
        "share_count": stats.integer("shareCount"),
        # Not among TikTok's statistics of the web. Hourly rows are maxima, so that 0 hides nothing known from elsewhere.
        "download_count": stats.integer("downloadCount", default=0),
        "collect_count": stats.integer("collectCount"),
        "create_time": item.integer("createTime"),
        "author_id": item.item("author").identifier("id"),
        "ingested_at": seen_ms,
    }


def comment_event(item: Item, seen_ms: int, post: str, parent: str | None) -> dict[str, Any]:
    """A record of `tiktok.comments.events` for a comment of `post`, or a reply to the comment `parent`."""
    user = item.item("user")
    reply_to = item.text("reply_id", default="0") or "0"
    return {
        "id": item.identifier("cid"),
        "video_id": item.identifier("aweme_id", default=post),
        "text": item.text("text"),
        "create_time": item.integer("create_time"),
        "digg_count": item.integer("digg_count"),
        # A reply has none of its own.
        "reply_total": item.integer("reply_comment_total", default=None if parent is None else 0),
        "parent_id": reply_to if reply_to != "0" else parent,
        "user": {
            "id": user.identifier("uid"),
            "uniqueId": user.text("unique_id"),
            "nickname": user.prose("nickname"),
            "region": user.optional("region"),
        },
        "ingested_at": seen_ms,
    }
