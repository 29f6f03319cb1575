"""Where an answer has its items: under one of several names, as they are or within envelopes that somebody put around them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from connectors.upstream.bodies import numbered, unexpected_shape
from connectors.upstream.fields import ABSENT, Place, found
from connectors.upstream.json_text import parsed
from connectors.upstream.model import Answer
from connectors.upstream.paging import more

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

    def fits(self, body: Body) -> bool:
        """Is this object an answer of that shape, and no envelope?"""
        named = any(name in body for name in (*self.lists, *(path.partition(".")[0] for path in self.objects)))
        return named or self.is_item(body) or any(self._listed(value) for value in body.values())

    def _listed(self, value: object) -> bool:
        """Are there items in this list, or in this object of items by their ids? One of them tells: others may lack something."""
        if not self.lists:
            return False
        items = value if isinstance(value, list) else value.values() if _by_id(value) else ()
        return any(isinstance(item, Mapping) and self.is_item(item) for item in items)

    def lists_in(self, body: Body) -> Iterator[str]:
        """The names under which `body` may have the items."""
        yield from (name for name in self.lists if name in body)
        yield from (name for name, value in body.items() if name not in self.lists and self._listed(value))


@dataclass(frozen=True)
class Items:
    """Items with their paths, and the object that says where their list goes on. `path` is where that object is."""

    items: list[tuple[object, str]]
    holder: Body
    path: str = ""


def envelopes(body: Body) -> Iterator[tuple[str, Body]]:
    """`body` and every object within it with its path, the outer ones first; JSON that was put into a text is looked into, too."""
    queue: deque[tuple[str, Any, int]] = deque([("", body, 0)])
    seen = 0
    while queue and seen < _MOST:
        path, value, depth = queue.popleft()
        if isinstance(value, Mapping):
            yield path, value
            seen += 1
        if depth < DEEPEST_ENVELOPE:
            queue += ((where, part, depth + 1) for where, part in within(path, value))


def within(path: str, value: Body | list[Any]) -> Iterator[tuple[str, Body | list[Any]]]:
    """The objects and lists directly within one, with their paths; empty ones are left out."""
    if isinstance(value, Mapping):
        inner = [(joined(path, str(name)), part) for name, part in value.items()]
    else:
        inner = [(f"{path}[{index}]", part) for index, part in enumerate(value)]
    for where, part in inner:
        if tree := _tree(part):
            yield where, tree


def ends(body: Body) -> bool:
    """Is this object the end of a list: it says that there is no more, and has nothing?"""
    return more(body) is False and not any(_has_objects(value) for value in body.values())


def all_of(answer: Answer, body: Body, shape: Shape) -> Items:
    """The items of a list, in whatever envelope. Raises NoPageError for an answer that has none.

    A list that is null or missing is an empty one where the answer says that there is no more. An object with a list of another
    name does not say so, even then: the service may have renamed it.
    """
    problem, empty = "", list[Items]()
    for path, holder in envelopes(body):
        for name in shape.lists_in(holder):
            value = holder[name]
            if isinstance(value, list):
                return Items(numbered(value, joined(path, name)), holder, path)
            if _by_id(value):
                return Items([(item, joined(path, f"{name}.{key}")) for key, item in value.items()], holder, path)
            if value is None and not more(holder):
                empty.append(Items([], holder, path))
            else:
                problem = problem or f"{joined(path, name)}: expected a list, {found(value)}"
        if shape.is_item(holder):
            return Items(_alone(body, shape), holder, path)
        if ends(holder):
            empty.append(Items([], holder, path))
    if problem or not empty:
        among = f"found nothing among {', '.join(sorted(map(str, body))[:6])[:100] or 'no keys'}"
        raise unexpected_shape(answer, problem or f"{shape.lists[0]}: expected a list, {among}")
    return empty[0]


def _alone(body: Body, shape: Shape) -> list[tuple[object, str]]:
    """Every item that stands by itself; not what is within an item."""
    items: list[tuple[object, str]] = []
    inside: tuple[str, ...] = ()
    for path, holder in envelopes(body):
        if not path.startswith(inside) and shape.is_item(holder):
            items.append((holder, path))
            inside = (*inside, f"{path}.", f"{path}[") if path else ("",)
    return items


def one_of(answer: Answer, body: Body, shape: Shape) -> tuple[Body, str]:
    """The only item of an answer, in whatever envelope, and its path. Raises NoPageError for an answer that has none."""
    problem = ""
    for path, holder in envelopes(body):
        for place in map(Place.of, shape.objects):
            value, reached = place.look(holder)
            if isinstance(value, Mapping) and reached == len(place.parts):
                return value, joined(path, place.path)
            if value is not ABSENT:
                problem = problem or f"{joined(path, place.upto(reached))}: expected an object, {found(value)}"
        if shape.is_item(holder):
            return holder, path
    if shape.loose(body):
        return body, ""
    wanted = shape.objects[0] if shape.objects else "body"
    raise unexpected_shape(answer, problem or f"{wanted}: expected an object, found {', '.join(sorted(map(str, body))[:6])[:100]}")


def has_item_with(body: Body, key: str, name: str) -> bool:
    """Has an item of the list `key` a field of this name?"""
    items = body.get(key)
    return isinstance(items, list) and any(isinstance(item, Mapping) and name in item for item in items)


def joined(path: str, name: str) -> str:
    """A path that leads one further."""
    return f"{path}.{name}" if path else name


def _by_id(value: object) -> TypeGuard[Body]:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(key, str) and key.isdigit() for key in value)


def _has_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _tree(value: object) -> Any:
    """An object or list that `value` is or spells; None where it is neither."""
    if isinstance(value, Mapping | list):
        return value
    if isinstance(value, str) and value[:1] == "{" and len(value) > 2:
        try:
            return parsed(value)
        except (ValueError, RecursionError):
            return None
    return None
