"""Where a list goes on: the ways in which upstreams spell the next page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.upstream.fields import found, whole


class BadCursorError(Exception):
    """There is more to read, and no telling where. The text is `path: expected ..., found ...`."""


@dataclass(frozen=True)
class Paging:
    """`name` is both the request's parameter and the answer's field. An `opaque` one need not be a number.

    `first` is what a first page is asked with; None to leave the parameter out.
    """

    name: str
    first: str | None = None
    opaque: bool = False

    def following(self, body: Mapping[str, Any]) -> str | None:
        """What the next page is asked with; None after the last one. Raises BadCursorError.

        The end is told by `hasMore` or `has_more`, as true or false, or 1 or 0; without either, by an answer that has no cursor.
        """
        more = _more(body)
        if more is False:
            return None
        cursor = body.get(self.name)
        if cursor in (None, "") and not more:
            return None
        number = whole(cursor) if not isinstance(cursor, float) else None
        if number is not None and number >= 0:
            return str(cursor)
        if self.opaque and isinstance(cursor, str) and cursor and cursor.isascii() and cursor.isprintable():
            return cursor
        wanted = "a string" if self.opaque else "a number"
        raise BadCursorError(f"{self.name}: expected {wanted}, {found(cursor) if self.name in body else 'found nothing'}")


CURSOR = Paging("cursor", first="0")
# Followers of TikLiveAPI: older ones than this unix time.
TIME = Paging("time")
NEXT_CURSOR = Paging("nextCursor", opaque=True)
OFFSET = Paging("offset")
# Lists that grow at the head: what is newer, what is older.
MIN_TIME = Paging("min_time")
MAX_TIME = Paging("max_time")
PAGE = Paging("page")


def _more(body: Mapping[str, Any]) -> bool | None:
    for name in ("hasMore", "has_more"):
        value = body.get(name)
        if value is not None:
            number = whole(value) if not isinstance(value, bool) else int(value)
            if number is not None:
                return number != 0
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return value.lower() == "true"
    return None
