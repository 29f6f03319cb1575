"""Who has a shard: each poller leaves a claim in the topic of cursors when it takes over.

A broker says the same to a poller whose transaction timed out and to one that another poller has replaced. The claim that came last
tells the two apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Message

_HEADER = "poller.claim"


def new() -> str:
    """A claim that no other poller has."""
    return uuid.uuid4().hex


def to_record(transactional_id: str, now_ms: int) -> dict[str, Any]:
    """The record of the topic's schema; its key is no feed's, so it is nobody's progress."""
    times = dict.fromkeys(("round_started_ms", "polled_ms", "moved_ms"), now_ms)
    return {"feed_key": transactional_id, "cursor": None, "pages": 0, **times, "moved": 0}


def headers(claim: str) -> Mapping[str, bytes]:
    """What goes with the record."""
    return {_HEADER: claim.encode()}


def newest(messages: Iterable[Message], transactional_id: str) -> str | None:
    """The claim on `transactional_id` that came last among the records of the topic; None when there is none."""
    claim = None
    for message in messages:
        if message.key() == transactional_id.encode():
            value = dict(message.headers() or []).get(_HEADER)
            claim = value.decode("ascii", "replace") if isinstance(value, bytes) else None
    return claim
