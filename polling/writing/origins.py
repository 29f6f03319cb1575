"""Which request a dead letter of a poller comes from: headers, and the way back to the record by today's mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.fields import BadFieldError
from connectors.upstream.model import Ask, Feed, Origin

_UPSTREAM, _ENDPOINT, FEED, SUBJECT = "poll.upstream", "poll.endpoint", "poll.feed", "poll.subject"
_PARENT, _CURSOR, _RECEIVED = "poll.parent", "poll.cursor", "poll.received_ms"


class UnmappableError(Exception):
    """The text says why an item is no record."""


def headers_of(origin: Origin) -> dict[str, bytes]:
    """The headers `poll.*`; those of what the request did not have are left out."""
    ask = origin.ask
    fields = {
        _UPSTREAM: origin.upstream,
        _ENDPOINT: origin.endpoint,
        FEED: ask.feed.value,
        SUBJECT: ask.subject,
        _PARENT: ask.parent,
        _CURSOR: ask.cursor,
        _RECEIVED: str(origin.received_ms),
    }
    return {name: value.encode("utf-8", "replace") for name, value in fields.items() if value is not None}


def record_of(headers: Mapping[str, bytes], item: object) -> Mapping[str, Any]:
    """The record of an upstream's `item` by today's mapping of the feed that the headers name. Raises UnmappableError."""
    if _UPSTREAM not in headers:
        raise UnmappableError("in the upstream's own form, and no header says which feed it came from")
    text = {name: value.decode("utf-8", "replace") for name, value in headers.items()}
    upstream = UPSTREAMS.get(text[_UPSTREAM])
    if upstream is None:
        raise UnmappableError(f"no upstream {text[_UPSTREAM]!r} is known")
    try:
        ask = Ask(Feed(text[FEED]), text[SUBJECT], text.get(_CURSOR), text.get(_PARENT))
        return upstream.record(ask, item, int(text[_RECEIVED]))
    except BadFieldError as error:
        raise UnmappableError(f"still not mapped: {error}") from None
    except (KeyError, ValueError) as error:
        raise UnmappableError(f"bad header: {error}") from None
