"""What a record, a row or a response becomes when a person is forgotten. Pure: no services, no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.no_names import FORGOTTEN_PREFIX
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.model import Feed
from connectors.upstream.personal import NAMES, Kind, plain
from connectors.upstream.trees import dumped, emptied, may_be_id, people_as_keys, without
from privacy.naming import Naming
from privacy.ownership import Ownership, Whose
from privacy.person import Person

_TOKEN: Final = re.compile(rf"{FORGOTTEN_PREFIX}[0-9a-f]+")
# Bytes as they were received.
_BODIES: Final = frozenset({"payload", "raw"})
# Of theirs, all of it goes: what they wrote, and where it, or a picture of them, can be had.
_EMPTIED: Final = frozenset({Kind.WORDS, Kind.MEDIA})
# What people write: a handle may stand there without any mark.
_SPEECH: Final = frozenset({Kind.CAPTION, Kind.WORDS})
# Values of a set that is closed. A handle may be one of them: `us`, `en`, `comments`, `small`.
_CLOSED: Final = frozenset(
    {
        *("tier", "language", "region", "snapshotstatus", "sentimentlabel", "sentimentmodel", "job", "topic", "path", "status"),
        *("thresholdversion", "upstream", "endpoint", "dataset", "test", "column", "severity"),
    }
)
_OF_CREATORS: Final = frozenset({Feed.POSTS.value, Feed.PROFILE.value})
_COMPOSED: Final = frozenset({"requestparam", "feedkey"})
# Columns that tables keep as (moment, value).
_MOMENTS: Final = PERSONAL.of(Kind.CAPTION, Kind.ID, Kind.TAG)
# In an upstream's item of theirs every other text goes, whatever its field is called: numbers, moments and these codes say nothing.
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,]{5,18})?(?:Z|[+-][0-9:]{4,6})?")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_CODES: Final = frozenset(
    {
        *("region", "locationcreated", "language", "lang", "textlanguage", "desclanguage", "commentlanguage"),
        *("format", "codectype", "encodedtype", "ratio", "definition", "videoquality", "qualitytype"),
    }
)
_FIELD_NAME: Final = re.compile(r"[\w$.-]{1,40}", re.ASCII)


@dataclass(frozen=True)
class _Place:
    """Where a value stands. `upstream`: in a body, whose fields nobody knows all of. `nicknames`: in an item that names them."""

    whose: Whose
    upstream: bool = False
    nicknames: bool = False
    keys: frozenset[str] = frozenset()
    around: Kind | None = None  # one of NAMES that all within it is

    @property
    def theirs(self) -> bool:
        return self.whose is Whose.THEIRS


class Rewriter(Naming):
    """Rewrites for one person. `secret` makes the tokens; the same call gives the same answer, and an answer is left as it is."""

    def __init__(self, person: Person, secret: bytes) -> None:
        super().__init__(person, secret)
        self._ownership = Ownership(person, self)

    def record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record of a topic, or a row of a table, with all that is in it."""
        kept: dict[str, Any] = self._object("", record, _Place(Whose.NOBODYS))
        quotes = next((name for name in record if plain(name) == "reason"), None)
        # A reason quotes the item that was refused.
        if quotes is not None and isinstance(record[quotes], str) and any(kept.get(name) != record.get(name) for name in _BODIES):
            kept[quotes] = self.unquoted(record[quotes])
        return kept

    def body(self, body: bytes, *, asked: bool = False) -> bytes:
        """Bytes of a response or a dead letter; what names the person and is not JSON is emptied: whose it is cannot be told.

        With `asked` it is an item of what was asked about the person: theirs, unless it says that it is somebody else's.
        """
        try:
            tree = json.loads(body)
            rewritten = self._tree(tree, Whose.THEIRS if asked else self._ownership.of_all(tree))
            kept = dumped(rewritten)
        except (ValueError, RecursionError):
            return b"" if asked or self.mentions(body) else body
        # A name that is given twice is read once: what is left of the other would stay in the bytes.
        if rewritten == tree and not self.mentions(body):
            return body
        return b"" if self.is_left_in(kept) else kept.encode("utf-8", "surrogatepass")

    def _tree(self, tree: Any, whose: Whose) -> Any:
        keys = people_as_keys(
            tree, self._folded, lambda key, inner: self.is_name(key) and self._ownership.of(inner) is Whose.THEIRS
        )
        return self._any("", tree, _Place(whose, upstream=True, keys=keys))

    def asks_about_them(self, feed: str, subject: str) -> bool:
        """Whether a poller asked for what they made, or for their profile."""
        return feed in _OF_CREATORS and (subject in self._exact or self.is_handle(subject))

    def _any(self, name: str, value: Any, place: _Place, within: str = "") -> Any:
        if isinstance(value, Mapping):
            return self._object(name, value, place)
        if isinstance(value, list | tuple):
            return [self._any(name, inner, place, within) for inner in value]
        return self._field(name, value, place, within)

    def _object(self, name: str, value: Mapping[str, Any], around: _Place) -> dict[str, Any]:
        place = replace(around, whose=self._ownership.inside(value, name, around.whose))
        kept = self._members(name, value, place)
        if place.theirs or place.nicknames or not self._person.nicknames or not PERSONAL.is_item(value, name):
            return kept
        # It names them: then a nickname in it is theirs, too.
        return kept if kept == value else self._members(name, value, replace(place, nicknames=True))

    def _members(self, name: str, value: Mapping[str, Any], place: _Place) -> dict[str, Any]:
        # Tables keep some columns as (moment, value).
        names = {key: name if key == "value" and name in _MOMENTS else plain(str(key)) for key in value}
        return {self._member(str(key), place): self._field(names[key], inner, place, name) for key, inner in value.items()}

    def _member(self, key: str, place: _Place) -> str:
        """The key of a value: a field, or in lists of people who it is."""
        if key.lower() in place.keys:
            return self.token(key)
        kept = self.words(key) if place.upstream else self.text(key)
        if place.upstream and place.theirs and kept == key and not _FIELD_NAME.fullmatch(key):
            return self.token(key)
        return kept

    def _field(self, name: str, value: Any, place: _Place, within: str = "") -> Any:
        """A field of an object that is called `within`; both as `plain` spells them."""
        kind = PERSONAL.said(name, value, within, place.around) if place.upstream else PERSONAL.kind(name, within)
        if place.theirs and kind in _EMPTIED:
            return 0 if type(value) is int and kind is Kind.WORDS else emptied(value)
        if isinstance(value, Mapping | list | tuple):
            inside = kind if isinstance(value, Mapping) and place.upstream and kind in NAMES else place.around
            return self._any(name, value, replace(place, around=inside), within)
        if isinstance(value, int | float) and not isinstance(value, bool):
            hidden = str(value) in self._ids and may_be_id(name, str(value))
            return self.token(str(value)) if hidden or (place.theirs and kind in NAMES) else value
        if not isinstance(value, str) or _TOKEN.fullmatch(value) or (name in _CLOSED and not place.upstream):
            return value
        if kind is None and value.isdecimal() and not may_be_id(name, value):
            return value
        if value in self._exact or (kind is Kind.HANDLE and self.is_handle(value)):
            return self.token(value)
        if name in _BODIES:
            whole = value.encode("utf-8", "surrogateescape")
            return "" if place.theirs else self.body(whole).decode("utf-8", "surrogateescape")
        if name in _COMPOSED:
            return self.question(value) if name == "requestparam" else self.key(value)
        return self._own(kind, name, value, place) if place.theirs else self._foreign(kind, name, value, place, within)

    def _own(self, kind: Kind | None, name: str, value: str, place: _Place) -> str:
        if kind is Kind.CAPTION:
            return self.hashtags(value)
        if kind is Kind.TAG:
            return self.token(value) if value and self.tag_names_them(value) else value
        if kind in NAMES:
            return self.token(value) if value else value
        if place.upstream:
            harmless = _NUMBER.fullmatch(value) or (name in _CODES and _CODE.fullmatch(value) and self.words(value) == value)
            return self.text(value) if harmless else ""
        return self.sentence(value) if kind is Kind.SENTENCE else self.words(value)

    def _foreign(self, kind: Kind | None, name: str, value: str, place: _Place, within: str) -> str:
        if kind in NAMES and self._names_them(name, value, place, within):
            return self.token(value)
        inner = without(value, lambda tree: self._any(name, tree, place, within)) if place.upstream else None
        if inner is not None:
            return inner
        if kind is Kind.SENTENCE:
            return self.sentence(value, nicknames=place.nicknames)
        if kind in _SPEECH or (place.upstream and kind not in NAMES | {Kind.TAG}):
            return self.words(value, nicknames=place.nicknames)
        return self.text(value)

    def _names_them(self, name: str, value: str, place: _Place, within: str) -> bool:
        """Whether a field that holds a name holds one of theirs; somebody else may have the same nickname."""
        if not self.is_name(value) or place.whose is Whose.NOBODYS:
            return self.is_name(value)
        # A field of the lists says who the object is; any other one who is replied to, or quoted.
        return PERSONAL.listed(name, within) is None and (place.nicknames or value in self._person.distinct_nicknames)
