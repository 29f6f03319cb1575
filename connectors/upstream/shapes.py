"""Where an answer has its items: under one of several names, as they are or within envelopes that somebody put around them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from connectors.upstream.bodies import numbered, unexpected_shape
from connectors.upstream.fields import ABSENT, Place, found
from connectors.upstream.model import Answer, Told
from connectors.upstream.paging import more
from connectors.upstream.trees import inner_json

Body = Mapping[str, Any]
# Objects within objects that are looked through: TikTok's pages have their state four deep.
DEEPEST_ENVELOPE, _MOST = 6, 2_000


@dataclass(frozen=True)
class Shape:
    """How an endpoint's answer has its items.

    `lists` are the names of their list, `objects` the paths of a single one, in order of trust; `is_item` tells an item that stands
    by itself. `loose` is for the body alone: it may be an item that lacks something.
    """

    lists: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    is_item: Callable[[Body], bool] = lambda body: False
    loose: Callable[[Body], bool] = lambda body: False

    def named(self, body: Body) -> bool:
        """Has this object one of the names?"""
        return any(name in body for name in (*self.lists, *(path.partition(".")[0] for path in self.objects)))

    def holds(self, body: Body) -> bool:
        """Has this object an item, good or bad, under one of the names?"""
        listed = any(bool(value) and (isinstance(value, list) or _by_id(value)) for value in map(body.get, self.lists))
        return listed or any(
            isinstance(value, Mapping) and value for value, _ in (Place.of(path).look(body) for path in self.objects)
        )

    def _listed(self, value: object) -> bool:
        """Are there items in this list, or in this object of items by their ids? One of them tells: others may lack something."""
        if not self.lists:
            return False
        items = value if isinstance(value, list) else value.values() if _by_id(value) else ()
        return any(isinstance(item, Mapping) and self.is_item(item) for item in items)

    def named_in(self, body: Body) -> Iterator[str]:
        """The names under which `body` must have the items."""
        return (name for name in self.lists if name in body)

    def unnamed_in(self, body: Body) -> Iterator[str]:
        """Other names under which `body` has what looks like the items."""
        return (name for name, value in body.items() if name not in self.lists and self._listed(value))


@dataclass(frozen=True)
class Envelope:
    """An object of an answer, its path, and the object that it is in; None for the body."""

    path: str
    body: Body
    outer: Envelope | None = None

    def outwards(self) -> Iterator[Envelope]:
        """This one and all around it."""
        at: Envelope | None = self
        while at is not None:
            yield at
            at = at.outer


@dataclass(frozen=True)
class Items:
    """Items with their paths, and the objects that may say where their list goes on.

    `around` are the one that holds the list and those around it, the nearest first; `beside` are all others of the answer. Of items
    that are not `named` nobody knows whether they were asked for: they stood by themselves, or under a name that is in no table.
    """

    items: list[tuple[object, str]]
    around: tuple[Envelope, ...]
    beside: tuple[Envelope, ...] = ()
    named: bool = True

    @property
    def path(self) -> str:
        """Where the object is that holds the list."""
        return self.around[0].path


def envelopes(body: Body, is_item: Callable[[Body], bool] = lambda body: False) -> Iterator[Envelope]:
    """`body` and every object within it, the outer ones first; JSON that was put into a text is looked into, too.

    Not what is within lists or within an item: others' items are there, like those that somebody may also like.
    """
    queue: deque[tuple[Envelope, int]] = deque([(Envelope("", body), 0)])
    seen = 0
    while queue and seen < _MOST:
        at, depth = queue.popleft()
        yield at
        seen += 1
        if depth < DEEPEST_ENVELOPE and not is_item(at.body):
            queue += ((Envelope(path, part, at), depth + 1) for path, part in within(at.path, at.body) if isinstance(part, Mapping))


def within(path: str, value: Body | list[Any]) -> Iterator[tuple[str, Body | list[Any]]]:
    """The objects and lists directly within one, with their paths; empty ones are left out."""
    if isinstance(value, Mapping):
        inner = [(joined(path, str(name)), part) for name, part in value.items()]
    else:
        inner = [(f"{path}[{index}]", part) for index, part in enumerate(value)]
    for where, part in inner:
        tree = inner_json(part) if isinstance(part, str) else part
        if tree and isinstance(tree, Mapping | list):
            yield where, tree


def end_of(body: Body) -> Envelope | None:
    """The object that says that a list has no more, in an answer that has nothing else; None for any other answer.

    Whatever objects it has in a list, or by their names, may be those of the list: the service may have renamed it.
    """
    parts = list(envelopes(body))
    last = [part for part in parts if more(part.body) is False]
    if not last or any(more(part.body) for part in parts):
        return None
    way = {part.path for part in last[0].outwards()}
    for part in parts:
        if any(_are_objects(value) for value in part.body.values() if isinstance(value, list)):
            return None
        if part.path not in way and part.body and all(isinstance(value, Mapping) and value for value in part.body.values()):
            return None
    return last[0]


def all_of(answer: Answer, body: Body, shape: Shape) -> Items:
    """The items of a list, in whatever envelope. Raises NoPageError for an answer that has none, or several lists that differ.

    A list that is null or missing is an empty one where the answer says that there is no more. An object with a list of another
    name does not say so, even then: the service may have renamed it.
    """
    parts = list(envelopes(body, shape.is_item))
    said = {more(part.body) for part in parts}
    named: list[Items] = []
    problem = ""
    for part in parts:
        for name in shape.named_in(part.body):
            value, path = part.body[name], joined(part.path, name)
            if value is None and False in said and True not in said:
                named.append(_items([], part, parts))
            elif isinstance(value, list) or _by_id(value):
                named.append(_items(_listed(value, path), part, parts))
            elif not named:
                problem = problem or f"{path}: expected a list, {found(value)}"
    if full := [one for one in named if one.items]:
        return _only(answer, full)
    if problem:
        raise unexpected_shape(answer, problem)
    if named:
        return named[0]
    unnamed = [
        _items(_listed(part.body[name], joined(part.path, name)), part, parts, named=False)
        for part in parts
        for name in shape.unnamed_in(part.body)
    ]
    if unnamed:
        return _only(answer, unnamed)
    if alone := [part for part in parts if shape.is_item(part.body)]:
        return _items([(part.body, part.path) for part in alone], alone[0].outer or alone[0], parts, named=False)
    if (end := end_of(body)) is not None:
        return _items([], end, parts)
    raise unexpected_shape(answer, f"{shape.lists[0]}: expected a list, found nothing among {_names(body)}")


def _items(items: list[tuple[object, str]], holder: Envelope, parts: Sequence[Envelope], named: bool = True) -> Items:
    around = tuple(holder.outwards())
    ways = {part.path for part in around}
    return Items(items, around, tuple(part for part in parts if part.path not in ways), named)


def _listed(value: Any, path: str) -> list[tuple[object, str]]:
    return numbered(value, path) if isinstance(value, list) else [(item, joined(path, key)) for key, item in value.items()]


def _only(answer: Answer, lists: Sequence[Items]) -> Items:
    """The only list there is; several are one where they have the same items."""
    first, *others = lists
    for other in others:
        if [item for item, _ in other.items] != [item for item, _ in first.items]:
            raise unexpected_shape(answer, f"{other.items[0][1]}: expected one list of items, found another at {first.items[0][1]}")
    return first


def one_of(answer: Answer, body: Body, shape: Shape) -> tuple[Body, str]:
    """The only item of an answer, in whatever envelope, and its path. Raises NoPageError for an answer that has none.

    One that stands by itself is believed where none of the names is there: it may be anybody's.
    """
    problem, empty = "", list[tuple[Body, str]]()
    parts = list(envelopes(body, shape.is_item))
    for part in parts:
        for place in map(Place.of, shape.objects):
            value, reached = place.look(part.body)
            if isinstance(value, Mapping) and reached == len(place.parts):
                if value:
                    return value, joined(part.path, place.path)
                empty.append((value, joined(part.path, place.path)))
            elif value is not ABSENT or reached > 1:
                problem = problem or f"{joined(part.path, place.upto(reached))}: expected an object, {found(value)}"
    if empty:
        return empty[0]
    for part in parts if not problem else ():
        if shape.is_item(part.body):
            return part.body, part.path
    if not problem and shape.loose(body):
        return body, ""
    wanted = shape.objects[0] if shape.objects else "body"
    raise unexpected_shape(answer, problem or f"{wanted}: expected an object, found {_names(body)}")


def told_by(shapes: Mapping[str, Shape], body: Body, by: Told, first: bool = True) -> list[str]:
    """Which of `shapes` have items in this object, else the `first` one of which it has a name."""
    if by is Told.LISTS:
        return [name for name, shape in shapes.items() if any(shape.unnamed_in(body))]
    held = [name for name, shape in shapes.items() if shape.holds(body) or (by is Told.ITEM and shape.is_item(body))]
    return held or [name for name, shape in shapes.items() if first and shape.named(body)][:1]


def has_item_with(body: Body, key: str, name: str) -> bool:
    """Has an item of the list `key` a field of this name?"""
    items = body.get(key)
    return isinstance(items, list) and any(isinstance(item, Mapping) and name in item for item in items)


def joined(path: str, name: str) -> str:
    """A path that leads one further."""
    return f"{path}.{name}" if path else name


def _names(body: Body) -> str:
    return ", ".join(sorted(map(str, body))[:6])[:100] or "no keys"


def _by_id(value: object) -> TypeGuard[Body]:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(key, str) and key.isdigit() for key in value)


def _are_objects(items: Sequence[object]) -> bool:
    """Is this a list of objects, some of which may be null?"""
    return any(items) and all(item is None or isinstance(item, Mapping) for item in items)
