"""Captured bodies with one value changed: missing, null, of another type, huge, nested."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.fields import BadFieldError
from tests.captures.corpus import RECEIVED_MS, Capture, of_the_contract

Path = tuple[str | int, ...]
MISSING = "missing"
_MARK = "@the changed value@"
# What the value becomes, as JSON's text.
CHANGES: Mapping[str, str] = {
    "null": "null",
    "true": "true",
    "negative": "-1",
    "fraction": "1.5",
    "zero": "0",
    "word": '"abc"',
    "empty": '""',
    "half of a surrogate pair": '"\\ud83d"',
    "list": "[]",
    "list of null": "[null]",
    "object": "{}",
    "object within": '{"id":{"id":[]}}',
    "beyond 64 bits": "9223372036854775808",
    "huge number": "9" * 5_000,
    "huge fraction": "1e400",
    "huge text": '"' + "x" * 100_000 + '"',
    "nested": "[" * 70 + "]" * 70,
    "nested far": "[" * 450 + "]" * 450,
    "nested farther": '{"a":' * 900 + "1" + "}" * 900,
    "nested deeply": '{"a":' * 3_000 + "1" + "}" * 3_000,
}


@dataclass(frozen=True)
class Mutation:
    """`text` is the body with `change` at `path`. `item` is the number of the item that has the path, None where none has it."""

    capture: Capture
    path: Path
    change: str
    text: str
    item: int | None


@dataclass(frozen=True)
class Mutable:
    """A capture, the paths within its body, and where its items are: in the order of the records."""

    capture: Capture
    paths: list[Path]
    items: list[Path]

    @classmethod
    def of(cls, capture: Capture) -> Mutable:
        """Finds the items by what is read of them."""
        tree = list(walk(capture.body))
        return cls(
            capture, [path for path, _ in tree if path], [place(capture, tree, record) for record in capture.expect["records"]]
        )

    def with_change(self, path: Path, change: str) -> Mutation:
        """The body with one value changed."""
        body = json.loads(json.dumps(self.capture.body))
        holder: Any = body
        for step in path[:-1]:
            holder = holder[step]
        if change == MISSING:
            del holder[path[-1]]
            text = json.dumps(body, ensure_ascii=False)
        else:
            holder[path[-1]] = _MARK
            text = json.dumps(body, ensure_ascii=False).replace(json.dumps(_MARK), CHANGES[change])
        inside = next((number for number, item in enumerate(self.items) if path[: len(item)] == item), None)
        return Mutation(self.capture, path, change, text, inside)

    def is_around(self, path: Path) -> bool:
        """Is this an envelope or the list of the items?"""
        return any(item[: len(path)] == path and item != path for item in self.items)

    def changes(self, path: Path) -> list[str]:
        """What may become of the value; an item that is not in its list leaves no trace that it was."""
        return [*CHANGES, *([MISSING] if isinstance(path[-1], str) and path not in self.items else [])]


def walk(tree: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every value with its path, the outer ones first."""
    yield path, tree
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, part in inner:
        yield from walk(part, (*path, step))


def place(capture: Capture, tree: list[tuple[Path, object]], record: Mapping[str, Any]) -> Path:
    """Where the item of `record` is."""
    for path, part in sorted(tree, key=lambda one: len(one[0])):
        try:
            if (
                isinstance(part, dict)
                and of_the_contract(UPSTREAMS[capture.upstream].record(capture.ask, part, RECEIVED_MS)) == record
            ):
                return path
        except BadFieldError:
            continue
    raise AssertionError(f"{capture.name}: no item gives {record}")


def dotted(path: Path) -> str:
    """`data.itemList[1].stats`"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
