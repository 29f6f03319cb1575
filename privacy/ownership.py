"""Whose an object of a body, a record or a row is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final
from urllib.parse import parse_qsl

from connectors.mentions import first_in_sentence
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.personal import Kind, is_comment, plain
from connectors.upstream.trees import outermost
from privacy.naming import Naming
from privacy.person import Person

_SHARED: Final = frozenset({"shareinfo"})
_HANDLES: Final = PERSONAL.of(Kind.HANDLE)


class Whose(Enum):
    """Of the person who is forgotten, of somebody else, or of nobody that is named."""

    THEIRS = auto()
    OTHERS = auto()
    NOBODYS = auto()


class Ownership:
    """Reads it from the object, and from the objects in it that are the person who made it."""

    def __init__(self, person: Person, naming: Naming) -> None:
        self._person = person
        self._naming = naming
        self._made = person.comments | person.posts

    def inside(self, value: Mapping[str, Any], name: str, around: Whose) -> Whose:
        """Of an object called `name` in one that is `around`'s: all that is in an item is its owner's, unless it names another."""
        own = self.of(value, name)
        if around is not Whose.THEIRS or own is Whose.THEIRS:
            return own
        # `original sound - ada` is hers, whoever the field beside it calls its author.
        return around if own is Whose.NOBODYS or self._is_called_theirs(value, name) else own

    def of(self, record: Mapping[str, Any], name: str = "") -> Whose:
        """Of an object that is called `name`."""
        owners: dict[Kind, list[str]] = {}
        for field, value in record.items():
            kind = PERSONAL.owner(str(field), value, name) if isinstance(value, str | int) else None
            if kind is not None:
                owners.setdefault(kind, []).append(str(value))
        people = [self.of(one, str(field)) for field, one in record.items() if _is_person(str(field), one, name)]
        if self._says_so(record, owners, name) or Whose.THEIRS in people:
            return Whose.THEIRS
        if not owners and not people and self._is_shared_as_theirs(record):
            return Whose.THEIRS
        others = any(not self._naming.is_name(value) for values in owners.values() for value in values) or Whose.OTHERS in people
        return Whose.OTHERS if others else Whose.NOBODYS

    def of_all(self, tree: Any) -> Whose:
        """Of a body, and of what stands in it beside what somebody made: theirs where it holds one thing, and that is theirs."""

        def of_item(value: Mapping[str, Any], name: str) -> Whose | None:
            whose = self.of(value, name)
            return whose if whose is Whose.OTHERS or PERSONAL.is_item(value, name) else None

        found = set(outermost(tree, of_item))
        alone = (Whose.THEIRS, False) in found and all(whose is Whose.THEIRS for whose, _ in found)
        return Whose.THEIRS if alone else Whose.NOBODYS

    def _says_so(self, record: Mapping[str, Any], owners: Mapping[Kind, list[str]], name: str) -> bool:
        fields = {plain(str(field)): value for field, value in record.items()}
        own = str(fields.get("id", ""))
        if self._person.userid in (own, *owners.get(Kind.ID, ())) or own in self._made:
            return True
        if not self._person.secuids.isdisjoint(owners.get(Kind.SECUID, ())):
            return True
        # Not by the handle alone where there is an id: a handle changes hands, an id does not.
        if not ({"id", "userid"} & fields.keys()) and any(map(self._naming.is_handle, owners.get(Kind.HANDLE, ()))):
            return True
        # A response to a question about them; an item of a list of theirs, which does not say whose it is.
        if self._asks_about_them(str(fields.get("requestparam", ""))):
            return True
        return str(fields.get("awemeid", "")) in self._person.posts and not is_comment(record, name)

    def _is_shared_as_theirs(self, record: Mapping[str, Any]) -> bool:
        """Whether the service calls what says nothing else of its maker theirs: `Ada's comment: ...`."""
        shared = (value for name, value in record.items() if plain(str(name)) in _SHARED and isinstance(value, Mapping))
        texts = [text for one in shared for text in one.values() if isinstance(text, str)]
        return any((name := first_in_sentence(text)) is not None and self._naming.is_name(name) for text in texts)

    def _is_called_theirs(self, record: Mapping[str, Any], within: str) -> bool:
        sentences = (
            text for name, text in record.items() if PERSONAL.kind(str(name), within) is Kind.SENTENCE and isinstance(text, str)
        )
        return any(self._naming.sentence(text) != text for text in sentences)

    def _asks_about_them(self, asked: str) -> bool:
        return any(
            value in self._person.secuids
            or value == self._person.userid
            or (plain(name) in _HANDLES and self._naming.is_handle(value))
            for name, value in parse_qsl(asked)
        )


def _is_person(field: str, value: Any, within: str) -> bool:
    return isinstance(value, Mapping) and PERSONAL.kind(field, within) is Kind.PERSON
