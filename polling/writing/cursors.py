"""The progress of feeds as records of the topic `tiktok.poller.cursors`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from confluent_kafka import Message

from connectors.errors import TokpulseError
from connectors.kafka.avro import AvroCodec, AvroSchemaError, WireFormatError, split
from connectors.kafka.registry import SchemaNotFoundError
from connectors.upstream.model import Feed
from polling.model import FeedKey, Progress

TOPIC = "tiktok.poller.cursors"
# As many as a poller has found feeds at a time: what else was read rests, or has gone.
MOST_REPLIES = 50_000
# Whoever makes up fields must not fill the topic.
_MOST_FIELDS = 50


class CursorsError(TokpulseError):
    """The progress of earlier pollers cannot be read."""


def to_text(key: FeedKey) -> str:
    """`tikliveapi/posts/12345`, with `/parent` where there is one; what is special in a URL's path is percent-encoded."""
    parts = (key.upstream, key.feed.value, key.subject, *(() if key.parent is None else (key.parent,)))
    return "/".join(quote(part, safe="") for part in parts)


def from_text(text: str) -> FeedKey:
    """The opposite of `to_text`. Raises ValueError for a text that is no key, or names a feed that this version does not know."""
    parts = [unquote(part) for part in text.split("/")]
    if len(parts) not in (3, 4):
        raise ValueError(f"{text!r} is not upstream/feed/subject or upstream/feed/subject/parent")
    return FeedKey(parts[0], Feed(parts[1]), parts[2], parts[3] if len(parts) == 4 else None)


def to_record(key: FeedKey, progress: Progress) -> dict[str, Any]:
    """The record of the topic's schema."""
    return {
        "feed_key": to_text(key),
        "cursor": progress.cursor,
        "pages": progress.pages,
        "round_started_ms": progress.round_started_ms,
        "polled_ms": progress.polled_ms,
        "moved_ms": progress.moved_ms,
        "moved": progress.moved,
        "new_fields": json.dumps(progress.new_fields) if progress.new_fields else None,
    }


def advance(
    before: Progress | None, cursor: str | None, received_ms: int, moved: int, new_fields: Mapping[str, int] | None = None
) -> Progress:
    """Progress after a page received at `received_ms` with `moved` new or changed observations, whose round goes on at `cursor`."""
    same_round = before is not None and before.cursor is not None
    seen = Counter(new_fields or {})
    if before is not None and same_round:
        seen.update(before.new_fields)
    moved_before = 0 if before is None else before.moved_ms
    return Progress(
        cursor=cursor,
        pages=before.pages + 1 if before is not None and same_round else 1,
        round_started_ms=before.round_started_ms if before is not None and same_round else received_ms,
        polled_ms=received_ms,
        moved_ms=received_ms if moved else moved_before,
        moved=moved + (before.moved if before is not None and same_round else 0),
        new_fields=dict(seen.most_common(_MOST_FIELDS)),
    )


def read(
    messages: Iterable[Message],
    schemas: Callable[[int], str],
    owned: Callable[[FeedKey], bool] = lambda key: True,
    most_replies: int = MOST_REPLIES,
) -> Mapping[FeedKey, Progress]:
    """The last progress of each feed that is `owned`. `schemas` gives the JSON text of a schema id.

    Of feeds of replies, which come and go with comments for ever, only the `most_replies` that were read last. A feed without
    progress is read from the beginning, which costs credits and repeats no observation.

    A record that cannot be read counts as no progress: its feed is read from the beginning, which repeats no observation.
    """
    codecs: dict[int, AvroCodec] = {}
    others: dict[FeedKey, Progress] = {}
    replies: dict[FeedKey, Progress] = {}
    for message in messages:
        key = message.key()
        try:
            feed = from_text(key.decode() if isinstance(key, bytes) else "")
        except ValueError:
            continue
        if not owned(feed):
            continue
        kind = replies if feed.feed is Feed.REPLIES else others
        kind.pop(feed, None)
        try:
            schema_id, body = split(message.value() or b"")
            if schema_id not in codecs:
                codecs[schema_id] = AvroCodec(schemas(schema_id))
            record = codecs[schema_id].decode(body)
            record.pop("feed_key")
            record["new_fields"] = json.loads(record.get("new_fields") or "{}")
            kind[feed] = Progress(**record)
        except (WireFormatError, AvroSchemaError, SchemaNotFoundError, KeyError, TypeError, ValueError):
            continue
        except TokpulseError as error:
            raise CursorsError(
                f"cannot read the progress of {key!r} in {TOPIC}: {error.message}",
                error.hint or "`tokpulse status` shows the stack",
            ) from error
        if len(replies) > most_replies:
            del replies[next(iter(replies))]
    return others | replies
