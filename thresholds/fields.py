"""The single values of a file of thresholds and where they stand in its text, so that one can be changed and all else kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from connectors.yaml_file import TreeError, compose

_TIER_NAME = re.compile(r"trending\.tiers\[(\d+)\]\.name")


@dataclass(frozen=True)
class Field:
    """A value: its key as errors name it, and its place, `start` up to `end`, in UTF-16 units as browsers count them."""

    key: str
    value: str
    line: int
    start: int
    end: int


def fields(text: str) -> list[Field]:
    """In the order of the text; [] when it is no YAML of plain values."""
    try:
        root = compose(text)
    except TreeError:
        return []
    return [] if root is None else list(_fields(root, "", text))


def tier_names(found: Iterable[Field]) -> dict[int, str]:
    """The names of the tiers among the values of a file, by their place."""
    return {int(match[1]): field.value for field in found if (match := _TIER_NAME.fullmatch(field.key))}


def _fields(node: yaml.Node, key: str, text: str) -> Iterator[Field]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode):
                yield from _fields(value, f"{key}.{name.value}" if key else name.value, text)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _fields(item, f"{key}[{index}]", text)
    elif node.end_mark.index > node.start_mark.index:
        start, end = (_units(text[: mark.index]) for mark in (node.start_mark, node.end_mark))
        yield Field(key, str(node.value), node.start_mark.line + 1, start, end)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
