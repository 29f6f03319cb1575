"""Entries added to a watchlist file, and taken from it, in place: comments and all other lines stay byte for byte."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.upstream.model import Subject
from connectors.yaml_file import TreeError, compose
from polling.watching.entries import READERS, Named
from polling.watchlist import Tier, WatchlistError, parse_watchlist, watchlist_text

_BOM = "\ufeff"
_DEFAULT_TIER: Final = "warm"


class EditError(TokpulseError):
    """An edit that cannot be made; the file is as it was."""


@dataclass(frozen=True)
class Place:
    """An entry of a file: its line, from 1, and its tier."""

    named: Named
    line: int
    tier: Tier


class WatchlistText:
    """The text of a watchlist file, `path` for messages. Raises WatchlistError for one that is no watchlist."""

    def __init__(self, text: str, path: Path) -> None:
        self._path = path
        self._bom = _BOM if text.startswith(_BOM) else ""
        self._text = text.removeprefix(_BOM)
        self._end = "\r\n" if "\r\n" in self._text else "\n"
        self._root = self._composed()
        self._places = self._read()

    @property
    def text(self) -> str:
        """As it may be written."""
        return self._bom + self._text

    def places(self) -> list[Place]:
        """The entries, in order."""
        return list(self._places)

    def find(self, named: Named) -> Place | None:
        """Where an entry is."""
        return next((place for place in self._places if place.named == named), None)

    def add(self, named: Named, tier: Tier = _DEFAULT_TIER) -> None:
        """Puts an entry behind the last one of its list. Raises EditError, also where it is already there."""
        if (known := self.find(named)) is not None:
            raise EditError(f"{self._path}:{known.line}: {named.id} is already among the {named.subject.value}s")
        quoted = json.dumps(named.id, ensure_ascii=False)
        entry = quoted if tier == _DEFAULT_TIER else f"{{ id: {quoted}, tier: {tier} }}"
        self._edit(self._with(named.subject, entry), [*self._places, Place(named, 0, tier)], f"add {quoted}")

    def remove(self, named: Named) -> None:
        """Takes an entry away, and what stands behind it on its line. Raises EditError, also where it is not there."""
        place = self.find(named)
        if place is None:
            raise EditError(f"{self._path}: {named.id} is not among the {named.subject.value}s")
        left = [other for other in self._places if other != place]
        self._edit(self._without(place), left, f"remove {named.id} from line {place.line}")

    def _read(self) -> list[Place]:
        # A file that has nothing but comments yet is none for a poller, and may be added to.
        if self._root is None:
            return []
        watchlist = parse_watchlist(self._text, self._path)
        entries = {subject: list(found) for subject, found in watchlist.entries().items()}
        return [
            Place(Named(subject, entry.id), _first(node).line + 1, entry.tier)
            for subject, found in entries.items()
            for entry, node in zip(found, self._items(subject), strict=True)
        ]

    def _edit(self, text: str, wanted: list[Place], what: str) -> None:
        """Takes over `text` where it says what is wanted, and nothing else."""
        try:
            edited = WatchlistText(text, self._path)
        except WatchlistError:
            edited = None
        if edited is None or _said(edited._places) != _said(wanted):
            raise EditError(
                f"{self._path}: cannot {what}: the list is written in a way that only an editor changes", "edit the file"
            )
        self._text, self._root, self._places = text, edited._root, edited._places

    def _with(self, subject: Subject, entry: str) -> str:
        section, lines = self._section(subject), self._text.splitlines(keepends=True)
        if section is None:
            indent = " " * (_first(self._root).column if self._root is not None else 0)
            lines[-1:] = [self._ended(line) for line in lines[-1:]]
            return "".join([*lines, f"{indent}{subject.value}s:{self._end}", f"{indent}  - {entry}{self._end}"])
        key, value = section
        if isinstance(value, yaml.SequenceNode) and _is_flow(value):
            if value.value:
                end = _last(value.value[-1]).index
                return f"{self._text[:end]}, {entry}{self._text[end:]}"
            end = _first(value).index + 1
            return f"{self._text[:end]}{entry}{self._text[end:]}"
        if isinstance(value, yaml.SequenceNode):
            after, indent = _last(value.value[-1]).line, " " * _first(value).column
        else:
            after, indent = _last(key).line, " " * (_first(key).column + 2)
        lines[after] = self._ended(lines[after])
        return "".join([*lines[: after + 1], f"{indent}- {entry}{self._end}", *lines[after + 1 :]])

    def _without(self, place: Place) -> str:
        section = self._section(place.named.subject)
        assert section is not None
        _, value = section
        nodes = self._items(place.named.subject)
        node = nodes[[other.named for other in self._places if other.named.subject is place.named.subject].index(place.named)]
        if not _is_flow(value):
            lines = self._text.splitlines(keepends=True)
            return "".join([*lines[: _first(node).line], *lines[_last(node).line + 1 :]])
        begin, end = _first(node).index, _last(node).index
        before, behind = self._text[:begin], self._text[end:]
        if (comma := re.search(r",[ \t]*\Z", before)) is not None:
            return before[: comma.start()] + behind
        return before + re.sub(r"\A[ \t]*,[ \t]*", "", behind)

    def _ended(self, line: str) -> str:
        """The last line of a file may have no end."""
        return line if line != line.splitlines()[0] else line + self._end

    def _composed(self) -> yaml.Node | None:
        try:
            return compose(self._text)
        except TreeError:
            parse_watchlist(self._text, self._path)  # says what is wrong, and where
            raise

    def _section(self, subject: Subject) -> tuple[yaml.Node, yaml.Node] | None:
        pairs = self._root.value if isinstance(self._root, yaml.MappingNode) else []
        return next(((key, value) for key, value in pairs if key.value == f"{subject.value}s"), None)

    def _items(self, subject: Subject) -> list[yaml.Node]:
        section = self._section(subject)
        return list(section[1].value) if section is not None and isinstance(section[1], yaml.SequenceNode) else []


def read_file(path: Path) -> WatchlistText:
    """The file, empty where there is none. Raises WatchlistError."""
    return WatchlistText(watchlist_text(path) if path.exists() else "", path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lets nobody else who asks edit a file of the same folder meanwhile: of two edits at once none is lost. Raises EditError."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise EditError(f"cannot write {path}: {error.strerror}", "check the folder") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_file(path: Path, edited: WatchlistText) -> None:
    """Replaces the file, whose mode stays. Raises EditError."""
    try:
        there = path.resolve()
        mode = stat.S_IMODE(there.stat().st_mode) if there.exists() else None
        replace_file(there, edited.text, mode)
    except OSError as error:
        raise EditError(f"cannot write {path}: {error.strerror}", "check the disk, and the owner of the folder") from error


def entry_of(subject: Subject, text: str) -> Named:
    """`text` as an entry of that kind. Raises ValueError."""
    return Named(subject, READERS[subject](text))


def _said(places: list[Place]) -> list[tuple[str, str, Tier]]:
    return sorted((place.named.subject.value, place.named.id, place.tier) for place in places)


def _is_flow(node: yaml.Node) -> bool:
    """Whether a list is written in brackets."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _leaves(node: yaml.Node) -> Iterator[yaml.Node]:
    """What has an end of its own: the mark at the end of a block is where the next one begins."""
    if isinstance(node, yaml.CollectionNode) and not _is_flow(node):
        for inner in node.value:
            for part in inner if isinstance(inner, tuple) else (inner,):
                yield from _leaves(part)
    else:
        yield node


def _first(node: yaml.Node) -> yaml.Mark:
    assert node.start_mark is not None
    return node.start_mark


def _last(node: yaml.Node) -> yaml.Mark:
    *_, last = _leaves(node)
    assert last.end_mark is not None
    return last.end_mark
