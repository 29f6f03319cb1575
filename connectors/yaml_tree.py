"""YAML as plain values with the line of each, so that an error can say where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

Path_ = tuple[str | int, ...]
# Ids and names are text, whatever YAML makes of their digits.
_TEXT = ("creators", "posts", "hashtags")
_MAX_DEPTH = 6
_INT = re.compile(r"-?\d{1,18}")
_FLOAT = re.compile(r"-?\d+\.\d+")
# libyaml's, where PyYAML was built with it: ten times as fast on a long watchlist.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TreeError(Exception):
    """Not a tree of plain values. `line` counts from 1."""

    def __init__(self, line: int, key: str, reason: str) -> None:
        super().__init__(line, key, reason)
        self.line, self.key, self.reason = line, key, reason


def shown(path: Path_) -> str:
    """`creators[3].tier`"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or "(top level)"


def read_tree(text: str) -> tuple[Any, dict[Path_, int]]:
    """The document's values, and the line of each path in it. Raises TreeError."""
    lines: dict[Path_, int] = {(): 1}
    try:
        for event in _events(text):
            line = event.start_mark.line + 1
            if getattr(event, "anchor", None) is not None:
                raise TreeError(line, "(syntax)", f"the anchor or alias {event.anchor} is refused: write the values out")
            if getattr(event, "tag", None) is not None:
                raise TreeError(line, "(syntax)", f"the tag {event.tag} is refused: write plain values")
        root = yaml.compose(text, _LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise TreeError(mark.line + 1 if mark else 1, "(syntax)", f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise TreeError(1, "(text)", f"not YAML: {' '.join(str(error).split())}") from None
    return (None if root is None else _value(root, (), lines)), lines


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, _LOADER)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _value(node: yaml.Node, path: Path_, lines: dict[Path_, int]) -> Any:
    lines[path] = _line(node)
    if len(path) > _MAX_DEPTH:
        raise TreeError(lines[path], shown(path), "is nested too deeply")
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, path, lines))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines) for index, item in enumerate(node.value)]
    return _scalar(node, path)


def _items(node: yaml.MappingNode, path: Path_, lines: dict[Path_, int]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise TreeError(line, shown(path), "a key must be a name")
        key = str(key_node.value)
        if key in seen:
            raise TreeError(line, shown((*path, key)), "is given twice")
        seen.add(key)
        yield key, _value(value_node, (*path, key), lines)
        lines[*path, key] = line


def _scalar(node: Any, path: Path_) -> Any:
    text = str(node.value)
    if node.style in ("'", '"') or (path and path[0] in _TEXT):
        return text
    if text.lower() in ("", "~", "null"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
