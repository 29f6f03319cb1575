"""Values of JSON items by kind, and the places where they are found; what is missing or of another kind is named by its path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ABSENT = object()
# Beyond this a JSON number with a fraction has lost digits: it must not become an id or a counter.
_EXACT_FLOAT = 2**53
LARGEST_COUNTER = 2**63 - 1
# What is longer is no such thing: a post has 4,000 characters and four addresses, an id 20 digits, a secUid 80 letters.
LONGEST_TEXT, LONGEST_ID = 32_768, 128
# No blanks, no addresses and nothing beyond ASCII: ids become keys, parameters and parts of paths.
_ID = re.compile(rf"[\w.=|-]{{1,{LONGEST_ID}}}", re.ASCII)
_STEP = re.compile(r"[A-Za-z_$][\w$-]{0,39}", re.ASCII)


class BadFieldError(Exception):
    """A field that cannot be mapped. The text is `path: expected ..., found ...`."""


class ValueKind(StrEnum):
    """What a value is."""

    ID = "id"  # a string that is not empty; one that came as a number with a fraction has lost digits, and is refused; 0 is none
    PARENT = "parent"  # the same, which may be missing
    TEXT = "text"  # a string, or a whole number as its digits
    NULLABLE = "text or null"
    COUNTER = "counter"  # a whole number from 0, also as a string of digits
    NUMBER = "number"
    FLAG = "flag"  # true or false, also as 1 or 0


@dataclass(frozen=True)
class Place:
    """Where a value is within an item: `stats.playCount`, `play_addr.url_list.0`."""

    path: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, path: str) -> Place:
        """The place that `path` names."""
        return cls(path, tuple(path.split(".")))

    def look(self, item: object) -> tuple[object, int]:
        """The value, and how many parts of the path led to it: fewer than all where one of them is no object."""
        value = item
        for number, part in enumerate(self.parts):
            if isinstance(value, Mapping):
                value = value.get(part, ABSENT)
            elif isinstance(value, list) and part.isdigit():
                value = value[int(part)] if int(part) < len(value) else ABSENT
            else:
                return value, number
        return value, len(self.parts)

    def upto(self, reached: int) -> str:
        """The path of what `look` found."""
        return ".".join(self.parts[:reached])


class UnreadableError(Exception):
    """The text is what was expected and found; `number` is a whole number that no counter can be."""

    def __init__(self, problem: str, number: int | None = None) -> None:
        super().__init__(problem)
        self.number = number


def converted(kind: ValueKind, value: Any) -> Any:
    """`value`, which is there and not null, as what `kind` says; None for a nullable or an id that says none.

    Raises UnreadableError.
    """
    match kind:
        case ValueKind.COUNTER:
            number = whole(value)
            if number is None:
                raise UnreadableError(f"expected an integer, {found(value)}")
            if not 0 <= number <= LARGEST_COUNTER:
                raise UnreadableError(f"expected an integer from 0 to {LARGEST_COUNTER}, {found(value)}", number)
            return number
        case ValueKind.NUMBER:
            number = whole(value)
            if number is None:
                raise UnreadableError(f"expected an integer, {found(value)}")
            return number
        case ValueKind.FLAG:
            if isinstance(value, bool) or (type(value) is int and value in (0, 1)):
                return bool(value)
            raise UnreadableError(f"expected true or false, {found(value)}")
    text = _text(value)
    if kind in (ValueKind.NULLABLE, ValueKind.PARENT) and not text:
        return None
    if kind in (ValueKind.ID, ValueKind.PARENT):
        if text == "0":
            return None
        if not text:
            raise UnreadableError("expected an id, found an empty string")
        if not _ID.fullmatch(text):
            raise UnreadableError(f"expected an id of at most {LONGEST_ID} letters and digits, {found(text)}")
    return text


def _text(value: object) -> str:
    if type(value) is int and 0 <= value <= LARGEST_COUNTER:
        return str(value)
    if not isinstance(value, str):
        raise UnreadableError(f"expected a string, {found(value)}")
    if len(value) > LONGEST_TEXT:
        raise UnreadableError(f"expected at most {LONGEST_TEXT} characters, found {len(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and UTF-8 cannot
            raise UnreadableError("expected Unicode, found half of a surrogate pair") from None
    return value


def whole(value: object) -> int | None:
    """The whole number that `value` is or spells, exactly; None where it is none."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 20:
        return int(value)
    return None


def found(value: object) -> str:
    """`value` as messages show it: short, whatever its size."""
    if value is ABSENT:
        return "found nothing"
    if value is None:
        return "found null"
    if isinstance(value, Mapping):
        return "found an object"
    if isinstance(value, list):
        return "found a list"
    if isinstance(value, bool):
        return f"found {str(value).lower()}"
    if isinstance(value, str):
        return f"found {value[:40]!a}" + ("..." if len(value) > 40 else "")
    if type(value) is int and abs(value) >= 10**40:
        return "found an integer of more than 40 digits"
    return f"found {value!r}"[:60]


def step(name: object) -> str:
    """The name of a field as metrics keep it: what is no plausible name may be anything, a person's handle too."""
    return name if isinstance(name, str) and _STEP.fullmatch(name) else "(other)"
