"""Which letters of a partition have been replayed: a consumer group's offset, and in its metadata those beyond it.

Letters are replayed by reason and range, so a single offset cannot say which are done. The broker keeps a text beside each
committed offset, which takes part in the same transaction: it holds a bit per letter.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

from connectors.errors import TokpulseError

# The broker's default of offset.metadata.max.bytes.
MAX_METADATA = 4096
_VERSION = "replayed-1:"
# A bit per letter: 64 million letters in one partition. Compressed text of a few kilobytes could unfold to more only by damage.
_MAX_BITMAP_BYTES = 8 * 1024 * 1024


class ProgressError(TokpulseError):
    """The memory of what was replayed cannot be read or kept."""


class Progress:
    """The offsets of one partition that are settled: all below `position`, and a set of those from there on.

    Offsets that hold no letter (ends of transactions) may be settled too; it makes the rest shorter.
    """

    def __init__(self, position: int = 0, bits: bytes = b"") -> None:
        self.position = position
        self._bits = bytearray(bits)

    def __contains__(self, offset: int) -> bool:
        index, bit = divmod(offset - self.position, 8)
        return index < 0 or (index < len(self._bits) and bool(self._bits[index] >> bit & 1))

    @property
    def has_beyond(self) -> bool:
        """Whether anything from `position` on is settled."""
        return any(self._bits)

    def settle(self, offsets: Iterable[int]) -> None:
        """Adds `offsets`; those that are settled already change nothing."""
        for offset in offsets:
            index, bit = divmod(offset - self.position, 8)
            if index < 0:
                continue
            if index >= len(self._bits):
                self._bits.extend(bytes(index + 1 - len(self._bits)))
            self._bits[index] |= 1 << bit

    def forget_below(self, offset: int) -> None:
        """Counts all below `offset` as settled: the broker has deleted it."""
        behind = offset - self.position
        if behind <= 0:
            return
        left = int.from_bytes(self._bits, "little") >> behind
        self._bits = bytearray(left.to_bytes((left.bit_length() + 7) // 8, "little"))
        self.position = offset

    def committed(self, where: str) -> tuple[int, str]:
        """(offset, metadata) to commit. Raises ProgressError, naming `where`, when the set does not fit the metadata."""
        self._advance()
        if not self._bits:
            return self.position, _VERSION
        metadata = _VERSION + base64.b64encode(zlib.compress(bytes(self._bits), 9)).decode("ascii")
        if len(metadata) > MAX_METADATA:
            raise ProgressError(
                f"{where}: too many letters are left between those that are replayed: that takes {len(metadata)} characters,"
                f" and Kafka keeps {MAX_METADATA}",
                "replay shorter ranges of offsets, the oldest first, and more reasons at once",
            )
        return self.position, metadata

    @classmethod
    def read(cls, offset: int, metadata: str | None, where: str) -> Progress:
        """The progress that was committed; a negative `offset` is Kafka's word for none. Raises ProgressError naming `where`."""
        if offset < 0:
            return cls()
        if not metadata or not metadata.startswith(_VERSION):
            raise ProgressError(
                f"{where}: the offset {offset} was not committed by a replay of this version",
                "delete that offset of the group with Kafka's own tools, unless another program needs it; its letters are new then",
            )
        packed = metadata.removeprefix(_VERSION)
        if not packed:
            return cls(offset)
        advice = "delete that offset of the group with Kafka's own tools: all letters of the partition count as new then"
        try:
            unpacking = zlib.decompressobj()
            bits = unpacking.decompress(base64.b64decode(packed, validate=True), _MAX_BITMAP_BYTES)
        except (ValueError, zlib.error) as error:
            raise ProgressError(f"{where}: damaged metadata at offset {offset}: {error}", advice) from error
        if not unpacking.eof:
            raise ProgressError(f"{where}: damaged metadata at offset {offset}: it does not end", advice)
        return cls(offset, bits)

    def _advance(self) -> None:
        """Moves `position` over what is settled from there on, by whole bytes, then drops what is empty at the end."""
        full = len(self._bits) - len(self._bits.lstrip(b"\xff"))
        del self._bits[:full]
        self.position += 8 * full
        kept = self._bits.rstrip(b"\x00")
        ones = 0
        while len(kept) == 1 and kept[0] >> ones & 1:
            ones += 1
        if ones and kept[0] == (1 << ones) - 1:
            self.position += ones
            kept = bytearray()
        self._bits = bytearray(kept)
