"""Encoders made for one schema: the bytes of fastavro in about half its time, for the plain types of this project's records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_LOW = 0x7F
_MORE = 0x80
_SMALL_END = 8_192
# Zigzag numbers of one or two bytes, and the two low groups of longer ones.
_SMALL = [bytes((n << 1,)) if n < 64 else bytes((n << 1 & _LOW | _MORE, n >> 6)) for n in range(_SMALL_END)]
_TWO_GROUPS = [bytes((n & _LOW | _MORE, n >> 7 | _MORE)) for n in range(1 << 14)]

Encoder = Callable[[Mapping[str, Any], bytes], bytes]


class _UnknownTypeError(Exception):
    """A type that is left to fastavro."""


def compiled(schema: Mapping[str, Any]) -> Encoder | None:
    """A function (record, prefix) -> prefix and the Avro binary of `record`.

    None for a schema that has other types than strings, booleans, ints, longs, those of them but ints that may be null, and
    records of them. The function raises KeyError, TypeError, AttributeError or OverflowError for a record that is not plainly of
    the schema, UnicodeEncodeError for text without UTF-8.
    """
    lines: list[str] = []
    try:
        parts = _record(schema, "record", lines)
    except _UnknownTypeError:
        return None
    # As dataclasses do it: one function with all fields in it, where a loop over fields would cost a call for each. Field names go
    # in as quoted constants, nothing else of the schema does.
    body = "\n    ".join([*lines, f"return join((prefix, {', '.join(parts)}))"])
    scope: dict[str, Any] = {"join": b"".join, "small": _SMALL, "long": _long}
    exec(f"def encode(record, prefix):\n    {body}\n", scope)  # noqa: S102
    made: Encoder = scope["encode"]
    return made


def _record(schema: Mapping[str, Any], place: str, lines: list[str]) -> list[str]:
    """The expressions whose bytes make the record in variable `place`; what they need comes first, as `lines`."""
    parts: list[str] = []
    for field in schema["fields"]:
        name, kind = repr(str(field["name"])), field["type"]
        own = f"v{len(lines)}"
        if kind == "string":
            lines.append(f"{own} = {place}[{name}].encode()")
            parts += [_number(f"len({own})"), own]
        elif kind == ["null", "string"]:
            lines.append(f"{own} = {place}.get({name})")
            text = f"t{len(lines)}"
            # The branch's index, then the text.
            lines.append(f"{text} = b'\\0' if {own} is None else b'\\2' + long(len({own}.encode())) + {own}.encode()")
            parts.append(text)
        elif kind == ["null", "long"]:
            lines.append(f"{own} = {place}.get({name})")
            number = f"n{len(lines)}"
            lines.append(f"{number} = b'\\0' if {own} is None else b'\\2' + long({own})")
            parts.append(number)
        elif kind == ["null", "boolean"]:
            lines.append(f"{own} = {place}.get({name})")
            parts.append(f"(b'\\0' if {own} is None else b'\\2\\1' if {own} else b'\\2\\0')")
        elif kind in ("int", "long"):
            parts.append(_number(f"{place}[{name}]"))
        elif kind == "boolean":
            parts.append(f"(b'\\1' if {place}[{name}] else b'\\0')")
        elif isinstance(kind, Mapping) and kind.get("type") == "record":
            lines.append(f"{own} = {place}[{name}]")
            parts += _record(kind, own, lines)
        else:
            raise _UnknownTypeError
    return parts


def _number(expression: str) -> str:
    return f"(small[n] if 0 <= (n := {expression}) < {_SMALL_END} else long(n))"


def _long(value: int) -> bytes:
    if not -(1 << 63) <= value < 1 << 63:
        raise OverflowError(f"{value} does not fit long")
    rest = (value << 1) ^ (value >> 63)
    if rest < 1 << 14:
        return bytes((rest,)) if rest <= _LOW else bytes((rest & _LOW | _MORE, rest >> 7))
    groups = _TWO_GROUPS[rest & 0x3FFF]
    rest >>= 14
    while rest >= 1 << 14:
        groups += _TWO_GROUPS[rest & 0x3FFF]
        rest >>= 14
    return groups + (bytes((rest,)) if rest <= _LOW else bytes((rest & _LOW | _MORE, rest >> 7)))
