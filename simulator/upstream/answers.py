"""What an endpoint answers before anything bad happens to it: a body, its observations, and how a list is cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from simulator.dice import Dice

T = TypeVar("T")


@dataclass(frozen=True)
class Served:
    """An observation that left the server. `counters` are those in the answer, by the names of the topic's schema.

    `at_ms` is the simulated time in unix milliseconds. `drift` says how the item was deformed, None for one as documented.
    """

    topic: str
    id: str
    counters: Mapping[str, int]
    at_ms: int
    drift: str | None = None


@dataclass
class Item:
    """One observation within a body. `shown` is the very object in the body, so that a change of it is a change of the body.

    `holder` is where its counters are: `shown` itself, or an object within; `names` are the counters' names there.
    """

    shown: dict[str, Any]
    holder: dict[str, Any]
    names: tuple[str, ...]
    served: Served


@dataclass
class Reply:
    """A 200 answer. `items` are in the order of the body."""

    body: dict[str, Any]
    items: list[Item] = field(default_factory=list)


class RefusedError(Exception):
    """An answer that is an error by the upstream's documents: status, its own code, and the fields that are wrong."""

    def __init__(self, status: int, message: str, code: int | None = None, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message, code, fields)
        self.status = status
        self.body: dict[str, Any] = {"status": "error", "message": message}
        if code is not None:
            self.body["statusCode"] = code
        if fields:
            self.body["fields"] = dict(fields)


@dataclass(frozen=True)
class Bend:
    """How spells bend the paging of one answer.

    `repeat` gives the previous page again, with the cursor that asked for it; `shift` begins the page so many items earlier (later
    where negative), as if items had come or gone at the head; `swap` gives each odd page in the place of the even one before it and
    the other way round; `shuffle` draws a new order of the page's items.
    """

    repeat: bool = False
    shift: int = 0
    swap: bool = False
    shuffle: Dice | None = None


STRAIGHT = Bend()
# Parameters, the simulated time in unix milliseconds, and how to bend pages. Raises RefusedError.
Endpoint = Callable[[Mapping[str, str], int, Bend], Reply]


class FakeDialect(Protocol):
    """How one upstream answers: `endpoints` by path, and the paths that tell the balance."""

    name: str
    endpoints: Mapping[str, Endpoint]
    balance_endpoints: tuple[str, ...]

    def balance(self, credits: int, now_ms: int) -> dict[str, Any]:
        """The body of a balance endpoint."""


def cut(items: Sequence[T], offset: int, count: int, bend: Bend) -> tuple[list[T], int]:
    """The page of `items` from `offset` on, and the offset of the next one; at the end that is the number of items."""
    following = offset + count
    if bend.repeat and offset:
        page, following = list(items[max(0, offset - count) : offset]), offset
    else:
        if bend.shift and offset:
            # Less than a page back: whoever follows the cursors always gets to the end.
            offset = max(0, offset - min(bend.shift, count - 1))
            following = offset + count
        other = (offset // count ^ 1) * count
        begin = other if bend.swap and other < len(items) else offset
        page = list(items[begin : begin + count])
    if bend.shuffle is not None:
        for last in range(len(page) - 1, 0, -1):
            chosen = bend.shuffle.below(last + 1)
            page[last], page[chosen] = page[chosen], page[last]
    return page, min(following, len(items))


def text_parameter(params: Mapping[str, str], *names: str) -> str:
    """The first given of `names`, which mean the same. Raises RefusedError (400) that names the first one."""
    for name in names:
        if params.get(name):
            return params[name]
    raise RefusedError(400, "The request lacks a parameter", fields={names[0]: "is required"})


def number_parameter(params: Mapping[str, str], name: str, default: int) -> int:
    """A whole number that is not negative. Raises RefusedError (400)."""
    text = params.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RefusedError(400, "A parameter is not valid", fields={name: "must be a whole number"})
    return int(text)
