"""Find the head of a format's output, which the engine repeats on every block it hands out.

Leaving out the repeated heads makes the blocks one well-formed body, so that these formats
can be streamed too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_CSV_LINE: Final = re.compile(rb'(?:"(?:[^"]|"")*"|[^"\n])*\n')


def _no_head(block: bytes) -> int:
    return 0


def _lines(count: int) -> Callable[[bytes], int]:
    def end(block: bytes) -> int:
        position = 0
        for _ in range(count):
            position = block.find(b"\n", position) + 1
        return position

    return end


def _csv_lines(count: int) -> Callable[[bytes], int]:
    def end(block: bytes) -> int:
        position = 0
        for _ in range(count):
            line = _CSV_LINE.match(block, position)
            position = line.end() if line else 0
        return position

    return end


def _binary(rows: int) -> Callable[[bytes], int]:
    """RowBinaryWithNames(AndTypes): the number of columns, then their names (and types)."""

    def end(block: bytes) -> int:
        columns, position = _varint(block, 0)
        for _ in range(columns * rows):
            size, position = _varint(block, position)
            position += size
        return position

    return end


def _varint(block: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


# Format (lower case) -> where its head ends, 0 for none. Formats not listed have a foot as
# well (JSON, Parquet, ...) and are made in one piece.
HEAD_END: Final[dict[str, Callable[[bytes], int]]] = {
    **dict.fromkeys(("native", "tabseparated", "tsv", "tabseparatedraw", "tsvraw", "csv", "rowbinary"), _no_head),
    **dict.fromkeys(("jsoneachrow", "jsonstringseachrow", "jsoncompacteachrow", "jsoncompactstringseachrow"), _no_head),
    **dict.fromkeys(("jsonlines", "ndjson", "null"), _no_head),
    **dict.fromkeys(("tabseparatedwithnames", "tsvwithnames", "jsoncompacteachrowwithnames"), _lines(1)),
    **dict.fromkeys(("tabseparatedwithnamesandtypes", "tsvwithnamesandtypes"), _lines(2)),
    "jsoncompacteachrowwithnamesandtypes": _lines(2),
    "csvwithnames": _csv_lines(1),
    "csvwithnamesandtypes": _csv_lines(2),
    "rowbinarywithnames": _binary(1),
    "rowbinarywithnamesandtypes": _binary(2),
}


def has_head(fmt: str) -> bool:
    """True if even an empty result of this format has a body."""
    return HEAD_END.get(fmt.lower(), _no_head) is not _no_head
