"""YAML files as checked values: an error names file, line and key.

Only trees of plain values are read: no anchor, alias or tag, one document, few levels, so that no file can be more than it looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
)

Path_ = tuple[str | int, ...]
Lines = Mapping[Path_, int]
M = TypeVar("M", bound=BaseModel)
Refuse = Callable[[str, str], Exception]
"""Makes the error of a message and a hint."""
MAX_DEPTH = 8
TOP_LEVEL = "(top level)"
_PLAIN = "write plain values: mappings, lists, names and numbers"
_INT = re.compile(r"-?\d{1,18}")
_FLOAT = re.compile(r"-?\d+\.\d+")
# libyaml's, where PyYAML was built with it: ten times as fast on a long watchlist.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TreeError(Exception):
    """Not a tree of plain values. `line` counts from 1; `allowed` is what to write instead, empty where the reason says it."""

    def __init__(self, line: int, key: str, reason: str, allowed: str = "") -> None:
        super().__init__(line, key, reason)
        self.line, self.key, self.reason, self.allowed = line, key, reason, allowed


def shown(path: Path_) -> str:
    """`creators[3].tier`"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or TOP_LEVEL


def load(path: Path, model: type[M], refuse: Refuse, *, as_text: frozenset[str] = frozenset()) -> M:
    """The `model` that the file holds. Raises what `refuse` makes, for a file that cannot be read as well."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise refuse(f"cannot read {path}: {error.strerror}", "") from None
    except UnicodeDecodeError:
        raise refuse(f"{path}: is not UTF-8", "save the file as UTF-8") from None
    return parse(text, path, model, refuse, as_text=as_text)[0]


def parse(text: str, path: Path, model: type[M], refuse: Refuse, *, as_text: frozenset[str] = frozenset()) -> tuple[M, Lines]:
    """The `model` that `text` holds, and the line of each path in it; `path` is named in errors.

    Values below the top-level keys `as_text` are text, whatever YAML makes of their digits. Raises what `refuse` makes.
    """
    try:
        tree, lines = read_tree(text, as_text)
    except TreeError as error:
        raise refuse(f"{path}:{error.line}: {error.key}: {error.reason}", error.allowed) from None
    if not isinstance(tree, dict):
        raise refuse(f"{path}:1: (top level): is not a mapping", "it begins with a line like `name:`")
    try:
        return model.model_validate(tree), lines
    except ValidationError as error:
        message, hint = _problems(error, lines)
        raise refuse(f"{path}:{message}", hint) from None


def _problems(error: ValidationError, lines: Lines) -> tuple[str, str]:
    """`line: key: reason` of the first problem, and a hint with more of them."""
    problems = []
    for problem in error.errors():
        place: Path_ = tuple(part for part in problem["loc"] if part != "[key]")
        is_unknown = problem["type"] == "extra_forbidden"
        reason = "unknown key" if is_unknown else problem["msg"].removeprefix("Value error, ")
        known = place
        while known not in lines:
            known = known[:-1]
        # A key that is misspelt is a missing one, too: what stands in the file is named first.
        problems.append((not is_unknown, lines[known], shown(place), reason))
    (_, line, key, reason), *others = sorted(problems)
    return f"{line}: {key}: {reason}", "; ".join(f"also line {number}: {name}: {what}" for _, number, name, what in others[:3])


def read_tree(text: str, as_text: frozenset[str] = frozenset()) -> tuple[Any, dict[Path_, int]]:
    """The document's values, and the line of each path in it. Raises TreeError."""
    lines: dict[Path_, int] = {(): 1}
    root = compose(text)
    return (None if root is None else _value(root, (), lines, as_text)), lines


def compose(text: str) -> yaml.Node | None:
    """The root of the only document of `text`, every node with its place in it; None when there is none. Raises TreeError."""
    try:
        _refuse_all_but_plain(text)
        return yaml.compose(text, LOADER)
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, int(error.character)) from None
    except UnicodeEncodeError as error:
        raise _unreadable(text, ord(text[error.start])) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, f" (column {mark.column + 1})") if mark else (1, "")
        reason = f"not YAML: {error.problem or error.context or 'unreadable'}{column}"
        raise TreeError(line, "(syntax)", reason, "check indentation, colons, brackets and quotes") from None


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, LOADER)


def _begin(event: NodeEvent) -> Any:
    """Every event of a parser has one, which its type does not say."""
    assert event.start_mark is not None
    return event.start_mark


def _unreadable(text: str, character: int) -> TreeError:
    """Parsers count its place in bytes, or in characters."""
    line = text.count("\n", 0, max(0, text.find(chr(character)))) + 1
    return TreeError(line, "(text)", f"the character U+{character:04X} is not allowed", "remove it: most editors do not show it")


def _refuse_all_but_plain(text: str) -> None:
    depth = documents = 0
    for event in _events(text):
        kind = type(event)
        if kind is DocumentStartEvent:
            documents += 1
            if documents > 1:
                allowed = "one document per file: remove the ---"
                raise TreeError(event.start_mark.line + 1, TOP_LEVEL, "a second document begins here", allowed)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, NodeEvent):
            tag = getattr(event, "tag", None)
            reason = ""
            if kind is AliasEvent:
                reason = f"the alias *{event.anchor} is refused"
            elif event.anchor is not None:
                reason = f"the anchor &{event.anchor} is refused"
            elif tag is not None:
                reason = f"the tag {tag.replace('tag:yaml.org,2002:', '!!')[:60]} is refused"
            elif depth >= MAX_DEPTH:
                reason = f"is nested more than {MAX_DEPTH} levels deep"
            if reason:
                raise TreeError(_begin(event).line + 1, shown(_path_to(text, _begin(event).index))[:120], reason, _PLAIN)
            depth += isinstance(event, CollectionStartEvent)


def _path_to(text: str, index: int) -> Path_:
    """The path of the node that begins at the character `index`."""
    # Of each collection that is open: whether it is a mapping, and the name or number of the next value; None before a key.
    is_mapping, parts = list[bool](), list[str | int | None]()

    def ended(value: str) -> None:
        if parts and is_mapping[-1]:
            parts[-1] = value if parts[-1] is None else None
        elif parts:
            parts[-1] = 1 + int(parts[-1] or 0)

    for event in _events(text):
        if isinstance(event, CollectionEndEvent):
            is_mapping.pop()
            parts.pop()
            ended("")
        elif isinstance(event, NodeEvent):
            if _begin(event).index >= index:
                break
            if isinstance(event, CollectionStartEvent):
                is_mapping.append(isinstance(event, MappingStartEvent))
                parts.append(None if is_mapping[-1] else 0)
            else:
                ended(getattr(event, "value", ""))
    return tuple(part for part in parts if part is not None)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _value(node: yaml.Node, path: Path_, lines: dict[Path_, int], as_text: frozenset[str]) -> Any:
    lines[path] = _line(node)
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, path, lines, as_text))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines, as_text) for index, item in enumerate(node.value)]
    return _scalar(node, bool(path) and path[0] in as_text)


def _items(node: yaml.MappingNode, path: Path_, lines: dict[Path_, int], as_text: frozenset[str]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise TreeError(line, shown(path), "a key must be a name")
        key = str(key_node.value)
        if key in seen:
            raise TreeError(line, shown((*path, key)), "is given twice")
        seen.add(key)
        yield key, _value(value_node, (*path, key), lines, as_text)
        lines[*path, key] = line


def _scalar(node: Any, is_text: bool) -> Any:
    text = str(node.value)
    if is_text or node.style in ("'", '"'):
        return text
    if text.lower() in ("", "~", "null"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
