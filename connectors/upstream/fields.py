"""Reads fields of JSON items by name and type; what is missing or of another type is named by its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ABSENT = object()
# Beyond this a JSON number with a fraction has lost digits: it must not become an id or a counter.
_EXACT_FLOAT = 2**53


class BadFieldError(Exception):
    """A field that cannot be mapped. The text is `path: expected ..., found ...`."""


class Item:
    """An object within a body. `path` is where it is, like `videos[3]`; empty for the body itself."""

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise BadFieldError(f"{path or 'body'}: expected an object, {found(value)}")
        self._value: Mapping[str, Any] = value
        self._path = path

    def has(self, name: str) -> bool:
        """Is the field there, and not null?"""
        return self._value.get(name) is not None

    def item(self, name: str) -> Item:
        """A nested object."""
        return Item(self._value.get(name, _ABSENT), self._at(name))

    def text(self, *names: str, default: str | None = None) -> str:
        """A string, from the first of `names` that is there; `default` where none is. Whole numbers are taken as their digits."""
        name = self._first(names)
        value = self._value.get(name, _ABSENT)
        if value is _ABSENT and default is not None:
            return default
        if type(value) is int:
            return str(value)
        if not isinstance(value, str):
            raise BadFieldError(f"{self._at(name)}: expected a string, {found(value)}")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and UTF-8 cannot
                raise BadFieldError(f"{self._at(name)}: expected Unicode, found half of a surrogate pair") from None
        return value

    def prose(self, name: str) -> str:
        """A string that people wrote, or did not: null is an empty one, as of a post without a caption."""
        return "" if self._value.get(name, _ABSENT) is None else self.text(name)

    def identifier(self, *names: str, default: str | None = None) -> str:
        """A string that is not empty; `default` where it is missing or null.

        One that came as a number with a fraction or an exponent is refused: its last digits are lost.
        """
        if default and not any(self.has(name) for name in names):
            return default
        value = self.text(*names)
        if not value:
            raise BadFieldError(f"{self._at(self._first(names))}: expected an id, found an empty string")
        return value

    def optional(self, name: str) -> str | None:
        """A string, or None where it is missing, null or empty."""
        return self.text(name) or None if self.has(name) else None

    def integer(self, *names: str, default: int | None = None) -> int:
        """A whole number, also when written as a string of digits. Null is no number; `default` is for a field that is absent."""
        name = self._first(names)
        value = self._value.get(name, _ABSENT)
        if value is _ABSENT and default is not None:
            return default
        number = whole(value)
        if number is None:
            raise BadFieldError(f"{self._at(name)}: expected an integer, {found(value)}")
        return number

    def flag(self, name: str) -> bool:
        """True or false, also when written as 1 or 0."""
        value = self._value.get(name, _ABSENT)
        if isinstance(value, bool) or (type(value) is int and value in (0, 1)):
            return bool(value)
        raise BadFieldError(f"{self._at(name)}: expected true or false, {found(value)}")

    def _first(self, names: tuple[str, ...]) -> str:
        return next((name for name in names if self.has(name)), next((name for name in names if name in self._value), names[0]))

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


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
    if value is _ABSENT:
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
    return f"found {value!r}"[:60]
