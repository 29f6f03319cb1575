"""Where a list goes on: the ways in which upstreams spell the next page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.upstream.fields import found, whole

# A cursor is kept, and goes into an address.
_LONGEST = 2_000


class BadCursorError(Exception):
    """There is more to read, and no telling where. The text is `path: expected ..., found ...`; `part` is the object's number."""

    def __init__(self, problem: str, part: int) -> None:
        super().__init__(problem)
        self.part = part


@dataclass(frozen=True)
class Paging:
    """`name` is both the request's parameter and the answer's field. An `opaque` one need not be a number.

    `first` is what a first page is asked with; None to leave the parameter out. `also` are other names of the answer's field.
    """

    name: str
    first: str | None = None
    opaque: bool = False
    also: tuple[str, ...] = ()

    def following(self, *parts: Mapping[str, Any]) -> str | None:
        """What the next page is asked with; None after the last one. Raises BadCursorError.

        `parts` are the answer's object and those around it: the nearest one that has a field counts. The end is told by `hasMore`
        or `has_more`, as true or false, or 1 or 0; without either, by an answer that has no cursor.
        """
        saying, goes_on = next(((n, said) for n, part in enumerate(parts) if (said := more(part)) is not None), (0, None))
        if goes_on is False:
            return None
        names = [(number, name) for number, part in enumerate(parts) for name in self._names_in(part)]
        if not names and not goes_on:
            return None
        number, name = names[0] if names else (saying, self.name)
        cursor = parts[number].get(name)
        value = whole(cursor) if not isinstance(cursor, float) else None
        if value is not None and value >= 0:
            return str(cursor)
        if self.opaque and isinstance(cursor, str) and 0 < len(cursor) <= _LONGEST and cursor.isascii() and cursor.isprintable():
            return cursor
        wanted = "a string" if self.opaque else "a number"
        raise BadCursorError(f"{name}: expected {wanted}, {found(cursor) if name in parts[number] else 'found nothing'}", number)

    def says(self, part: Mapping[str, Any]) -> bool:
        """Does this object say whether or where the list goes on?"""
        return more(part) is not None or any(self._names_in(part))

    def _names_in(self, part: Mapping[str, Any]) -> list[str]:
        return [name for name in (self.name, *self.also) if part.get(name) not in (None, "")]


CURSOR = Paging("cursor", first="0", also=("maxCursor", "max_cursor"))
# Followers of TikLiveAPI: older ones than this unix time.
TIME = Paging("time")
NEXT_CURSOR = Paging("nextCursor", opaque=True)
OFFSET = Paging("offset")
# Lists that grow at the head: what is newer, what is older.
MIN_TIME = Paging("min_time")
MAX_TIME = Paging("max_time")
PAGE = Paging("page")


def more(body: Mapping[str, Any]) -> bool | None:
    """Whether an answer says that there is more; None where it does not say."""
    for name in ("hasMore", "has_more"):
        value = body.get(name)
        if value is not None:
            number = whole(value) if not isinstance(value, bool) else int(value)
            if number is not None:
                return number != 0
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return value.lower() == "true"
    return None
