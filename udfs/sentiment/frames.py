"""What goes through the pipes to a child process and back: the length in four bytes, then that many bytes of JSON.

JSON in ASCII carries every Python string, lone surrogates and null bytes included, and NaN; unlike a pickle it runs no code.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEADER = struct.Struct(">I")
MAX_BYTES = 1 << 28


def packed(value: Any) -> bytes:
    """`value` as a frame."""
    payload = json.dumps(value).encode("ascii")
    return HEADER.pack(len(payload)) + payload


def write(stream: BinaryIO, value: Any) -> None:
    """Sends `value` at once."""
    stream.write(packed(value))
    stream.flush()


def read(stream: BinaryIO) -> Any:
    """The next frame's value, waiting for it. Raises EOFError where the stream ends."""
    header = _exactly(stream, HEADER.size)
    return json.loads(_exactly(stream, HEADER.unpack(header)[0]))


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
