"""Reads typed values from YAML nodes; what does not fit is noted with its line and goes on as None."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import yaml

from connectors.yaml_file import TOP_LEVEL
from thresholds.model import UNKNOWN_TIER

LIMIT = 2**53
_TAG = "tag:yaml.org,2002:"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
# YAML 1.1 also knows octal, hexadecimal and base-60 numbers; nobody who writes 010 means 8.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]{1,4})?")
_KINDS = {"bool": "a boolean", "null": "nothing", "timestamp": "a date", "float": "a fraction", "int": "a number"}


def line_of(node: yaml.Node) -> int:
    """The line on which `node` begins, from 1."""
    return int(node.start_mark.line) + 1


def described(node: yaml.Node) -> str:
    """What a node is, in few words: `the text 'many'`, `a list`."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    kind = node.tag.removeprefix(_TAG)
    if kind == "null":
        return "empty"
    value = str(node.value)
    shown = repr(value if len(value) <= 40 else value[:40] + "...")
    return f"{_KINDS[kind]}, {shown}" if kind in _KINDS else f"the text {shown}"


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of the file, and what is allowed there. `line` counts from 1."""

    line: int
    key: str
    reason: str
    allowed: str = ""


class NodeReader:
    """Collects the problems of one file. A node of None was reported where it is missing: it gives None, and no second problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, node: yaml.Node, key: str, reason: str, allowed: str) -> None:
        """Notes what is wrong at `node`."""
        self.problems.append(Problem(line_of(node), key or TOP_LEVEL, reason, allowed))

    def mapping(
        self, node: yaml.Node | None, path: str, required: Sequence[str], optional: Sequence[str] = ()
    ) -> dict[str, yaml.Node]:
        """Key -> value of a mapping that has the keys `required` and may have `optional`.

        Unknown, double and missing ones are noted.
        """
        if node is None:
            return {}
        known = (*required, *optional)
        allowed = f"known keys: {', '.join(known)}"
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, path, f"is {described(node)}, not a mapping", allowed)
            return {}
        values: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_node, path, f"a key is {described(key_node)}", allowed)
                continue
            key = str(key_node.value)
            where = f"{path}.{key[:60]}".lstrip(".")
            if key not in known:
                near = difflib.get_close_matches(key[:60], known, 1)
                self.problem(key_node, where, "unknown key", f"did you mean {near[0]}? {allowed}" if near else allowed)
            elif key in values:
                self.problem(key_node, where, f"is given twice, first on line {line_of(values[key])}", "keep one of the two")
            else:
                values[key] = value
        for key in required:
            if key not in values:
                self.problem(node, f"{path}.{key}".lstrip("."), "is missing", f"required keys: {', '.join(required)}")
        return values

    def sequence(self, node: yaml.Node | None, path: str) -> list[yaml.Node] | None:
        """The items of a list."""
        if node is None:
            return None
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, path, f"is {described(node)}, not a list", "write one item per line, each begun with a dash")
            return None
        return list(node.value)

    def integer(self, node: yaml.Node | None, path: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        allowed = f"a whole number from {low} to {high}"
        if node is None or not self._is_scalar(node, path, ("int",), "a whole number", allowed):
            return None
        if not _INTEGER.fullmatch(node.value):
            self.problem(node, path, f"{node.value!r} is not written in plain decimal digits", allowed)
            return None
        # No more digits than any number in range has, before Python is asked to read them.
        value = int(node.value.replace("_", "")) if len(node.value) <= 40 else 10**40
        return value if self._in_range(node, path, value, low, high, allowed) else None

    def number(self, node: yaml.Node | None, path: str) -> float | None:
        """A positive, finite number."""
        allowed = f"a number above 0, at most {LIMIT}"
        if node is None or not self._is_scalar(node, path, ("int", "float"), "a number", allowed):
            return None
        if not _NUMBER.fullmatch(node.value):
            self.problem(node, path, f"{node.value[:40]!r} is not a plain decimal number", allowed)
            return None
        value = float(node.value.replace("_", ""))
        if value == 0:
            self.problem(node, path, "is 0, not above 0", allowed)
            return None
        return value if self._in_range(node, path, value, 0, LIMIT, allowed) else None

    def name(self, node: yaml.Node | None, path: str) -> str | None:
        """A tier's name."""
        allowed = "a letter a-z, then up to 31 of a-z, 0-9, _ and -"
        if node is None or not self._is_scalar(node, path, ("str",), "a name", allowed):
            return None
        if not _NAME.fullmatch(node.value):
            self.problem(node, path, f"{node.value[:40]!r} is not a name", allowed)
            return None
        if node.value == UNKNOWN_TIER:
            self.problem(node, path, f"{UNKNOWN_TIER} is reserved for authors without a follower count", "choose another name")
            return None
        return str(node.value)

    def _is_scalar(self, node: yaml.Node, path: str, kinds: Sequence[str], wanted: str, allowed: str) -> bool:
        if isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(_TAG) in kinds:
            return True
        self.problem(node, path, f"is {described(node)}, not {wanted}", allowed)
        return False

    def _in_range(self, node: yaml.Node, path: str, value: float, low: int, high: int, allowed: str) -> bool:
        if low <= value <= high and isfinite(value):
            return True
        shown = node.value if len(node.value) <= 40 else node.value[:40] + "..."
        reason = f"{shown} is negative" if value < 0 else f"{shown} is below {low}" if value < low else f"{shown} is above {high}"
        self.problem(node, path, reason, allowed)
        return False
