"""The .sql files of `queries/`, with names of databases, tables and columns filled in; values are bound by the driver."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.no_names import with_patterns

_FOLDER = Path(__file__).with_name("queries")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARTITION = re.compile(r"[A-Za-z0-9_-]+")
_COMMENT = re.compile(r"^--[^\n]*\n", re.MULTILINE)


class IdentifierError(TokpulseError):
    """A database, table or column whose name cannot stand in a statement."""


def statement(name: str, **parts: str) -> str:
    """`queries/<name>.sql` without its banner, each `${PART}` replaced, and patterns of what is no name."""
    text = with_patterns(_COMMENT.sub("", (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")).strip())
    for part, value in parts.items():
        text = text.replace(f"${{{part}}}", value)
    return text


def quoted(name: str) -> str:
    """An identifier in backticks. Raises IdentifierError for one that is more than a word."""
    if not _NAME.fullmatch(name):
        raise IdentifierError(f"{name!r} is not the name of a table or column that can be rewritten", "rename it, or drop it")
    return f"`{name}`"


def partition_ids(names: Collection[str]) -> str:
    """Ids of partitions, in quotes. Raises IdentifierError for one that the server would not give."""
    for name in names:
        if not _PARTITION.fullmatch(name):
            raise IdentifierError(f"{name!r} is not a partition id", "report this")
    return ", ".join(f"'{name}'" for name in sorted(names))


def listed(names: Iterable[str]) -> str:
    """Identifiers, separated by commas."""
    return ", ".join(quoted(name) for name in names)
