"""YAML as a tree of nodes that know their lines: plain values only, so that no file can be more than it looks."""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent, StreamEndEvent

MAX_DEPTH = 8
TOP_LEVEL = "(top level)"
_PLAIN = "write plain values: mappings, lists, names and numbers"


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of the file, and what is allowed there. `line` counts from 1."""

    line: int
    key: str
    reason: str
    allowed: str = ""


class NodeError(Exception):
    """The text cannot be read as a tree of plain values."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _PlainLoader(yaml.SafeLoader):
    """Composes nodes and constructs nothing; refuses anchors, aliases, tags and deep nesting before they can do anything."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._parts: list[str] = []

    def document(self) -> yaml.Node | None:
        """The root of the only document; None when there is none."""
        self.get_event()  # type: ignore[no-untyped-call]
        if self.check_event(StreamEndEvent):
            return None
        root = self.compose_document()
        if not self.check_event(StreamEndEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise NodeError(Problem(line, TOP_LEVEL, "a second document begins here", "one document per file: remove the ---"))
        return root

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """As yaml.composer has it: `index` is a number in a list, the key's node at a mapping's value, None at a key."""
        self._parts.append(
            f"[{index}]" if isinstance(index, int) else f".{index.value}" if isinstance(index, yaml.ScalarNode) else ""
        )
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent):
            raise NodeError(Problem(line, self._path(), f"the alias *{event.anchor} is refused", _PLAIN))
        if getattr(event, "anchor", None) is not None:
            raise NodeError(Problem(line, self._path(), f"the anchor &{event.anchor} is refused", _PLAIN))
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent) and event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
            raise NodeError(Problem(line, self._path(), f"the tag {tag} is refused", _PLAIN))
        if len(self._parts) > MAX_DEPTH:
            raise NodeError(Problem(line, self._path(), f"is nested more than {MAX_DEPTH} levels deep", _PLAIN))
        node = super().compose_node(parent, index)  # type: ignore[arg-type]
        self._parts.pop()
        return node

    def _path(self) -> str:
        # An escape may give half a surrogate pair, which no terminal can show.
        return "".join(self._parts).lstrip(".")[:120].encode(errors="backslashreplace").decode() or TOP_LEVEL


def compose(text: str) -> yaml.Node | None:
    """The root node of `text`, None for a text without a document. Raises NodeError."""
    try:
        loader = _PlainLoader(text)
        try:
            return loader.document()
        except (ValueError, OverflowError):
            # An escape beyond Unicode; PyYAML hands it to chr() as it is.
            line = loader.line + 1
            raise NodeError(Problem(line, "(text)", "an escape stands for no character", "write the character itself")) from None
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"the character U+{int(error.character):04X} is not allowed"
        raise NodeError(Problem(line, "(text)", reason, "remove it: it cannot be seen in most editors")) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        column = f" (column {mark.column + 1})" if mark else ""
        reason = f"not YAML: {error.problem or error.context or 'unreadable'}{column}"
        raise NodeError(Problem(line, "(syntax)", reason, "check indentation, colons, brackets and quotes")) from None
