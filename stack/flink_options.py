"""Which options Flink knows: Flink itself ignores any other, so that a misspelt one would be a default in disguise."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("flink_options.txt")
_FREE = ".*"


@dataclass(frozen=True)
class KnownOptions:
    """Option names of one Flink version, and the prefixes (with their dot) that take any suffix."""

    version: str
    names: frozenset[str]
    prefixes: tuple[str, ...]

    def knows(self, key: str) -> bool:
        """Whether Flink reads `key`."""
        return key in self.names or any(key.startswith(prefix) and key != prefix for prefix in self.prefixes)

    def nearest(self, key: str) -> str:
        """The known name most like `key`; empty when none is like it."""
        return next(iter(difflib.get_close_matches(key, sorted(self.names), n=1, cutoff=0.7)), "")


def parse(lines: Iterable[str]) -> KnownOptions:
    """From the list's text: `# Flink <version>: ...` first, then one name or `prefix.*` per line, comments in between."""
    first, *rest = lines
    version = first.removeprefix("# Flink ").partition(":")[0]
    entries = [line.strip() for line in rest if line.strip() and not line.startswith("#")]
    prefixes = tuple(entry.removesuffix("*") for entry in entries if entry.endswith(_FREE))
    return KnownOptions(version, frozenset(entry for entry in entries if not entry.endswith(_FREE)), prefixes)


@cache
def known_options() -> KnownOptions:
    """Those of the packaged list."""
    return parse(LIST.read_text(encoding="utf-8").splitlines())
