"""From an item of a page to its record: which topic a feed fills, and what the request says of the page's items."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.upstream.bodies import Mapper
from connectors.upstream.model import Ask, Feed
from connectors.upstream.records import COMMENTS, POSTS, USERS
from connectors.upstream.requests import numeric
from connectors.upstream.tables import Asked, Table

_TOPICS: Mapping[Feed, str] = {
    Feed.PROFILE: USERS,
    Feed.POSTS: POSTS,
    Feed.POST: POSTS,
    Feed.HASHTAG: POSTS,
    Feed.COMMENTS: COMMENTS,
    Feed.REPLIES: COMMENTS,
}


def topic_of(feed: Feed) -> str:
    """The topic that a feed fills. Raises ValueError where there is none."""
    if feed not in _TOPICS:
        raise ValueError(f"no topic holds {feed.value}")
    return _TOPICS[feed]


def mapper(tables: Mapping[str, Table], ask: Ask, seen_ms: int, unasked: bool = False) -> Mapper:
    """From an item of a page of this feed to its record; `unasked` for one that must say itself that it was asked for.

    Raises ValueError for a feed that fills no topic.
    """
    table, asked = tables[topic_of(ask.feed)], Asked()
    match ask.feed:
        case Feed.POSTS:
            asked = Asked(creator=numeric(ask.subject))
        case Feed.COMMENTS:
            asked = Asked(post=ask.subject or None)
        case Feed.REPLIES:
            asked = Asked(post=ask.parent, comment=ask.subject or None)
    read = table.read_unasked if unasked else table.read
    return lambda item, path: read(item, path, asked, seen_ms)
