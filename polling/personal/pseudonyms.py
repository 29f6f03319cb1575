"""Personal handles replaced by a keyed hash, before anything of them reaches Kafka or the raw landing."""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from collections.abc import Mapping, Set
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from connectors.errors import TokpulseError
from connectors.mentions import replace_emails, replace_in_sentence, replace_mentions
from connectors.no_names import pseudonym
from connectors.secret_files import read_secret
from connectors.spelling import revealed
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.model import Observation, Origin, Page
from connectors.upstream.personal import NAMES, Kind
from connectors.upstream.trees import SEC_UID, called_in, dumped, emptied, pattern_of, people_as_keys, without
from polling.personal.withheld import or_withheld

VARIABLE = "TOKPULSE_PSEUDONYM_KEY_FILE"
_MIN_BYTES = 32
# A name that is found in a text must be more than one or two signs: those stand in every text.
_TELLING = re.compile(r"[^\W\d_](?:.*\w){2}|[^\W\d_a-zA-Z]\w|[\w.]*\d[\w.]*[^\W\d]|\d{5}", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_HANDLE = re.compile(r"[\w.]*\w")
_ASCII_HANDLE = re.compile(r"[\w.]*\w", re.ASCII)
# A nickname that begins with a sign: `@💕Sarah💕`.
_DECORATION = r"[^\w\s\x00-\x7f][^\s@]*\w[^\s@]*"
_DECORATED = re.compile(f"@({_DECORATION})")
_WITHHELD = b'{"withheld":"not JSON, so its personal handles cannot be told from the rest"}'


class PseudonymKeyError(TokpulseError):
    """The key file cannot be used; the message never holds any of it."""


class Pseudonyms:
    """Replaces handles, nicknames, secUids and accounts elsewhere, and handles mentioned with @; addresses of media go.

    Every text of an item loses the names that fields of the item hold, and sentences of the service those of the whole body.
    Numeric ids stay.

    The same person has the same pseudonym as long as the key is the same, in every topic; without the key nobody can tell who it
    is, nor try names. Handles are compared without case, as upstream does.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _MIN_BYTES:
            raise PseudonymKeyError(
                f"the key for pseudonyms has {len(key)} bytes, at least {_MIN_BYTES} are needed", "openssl rand -hex 32"
            )
        self._key = key

    def __repr__(self) -> str:
        return "Pseudonyms(key=***)"

    def of(self, kind: str, value: str) -> str:
        """The pseudonym of a "handle", "nickname" or "secuid"; an empty value stays empty."""
        if not value:
            return value
        if kind == "handle":
            value = value.removeprefix("@").lower()
        digest = hmac.digest(self._key, f"{kind}\n{value}".encode("utf-8", "surrogatepass"), "sha256")
        return pseudonym(digest)

    def page(self, page: Page) -> Page:
        """The page as it may be written."""
        observations = tuple(or_withheld(item, self._observation) for item in page.observations)
        return replace(page, observations=observations, origin=page.origin and self._origin(page.origin))

    def body(self, body: bytes) -> bytes:
        """A response as it may be kept; what is not JSON is withheld, for nothing in it can be told apart."""
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            return _WITHHELD if body.strip() else body
        try:
            return dumped(self._clean(tree, _Names.of(tree))).encode("utf-8", "surrogatepass")
        except RecursionError:
            return _WITHHELD

    def question(self, asked: str) -> str:
        """The parameters of a request as they are kept, `name=value` joined by `&`."""
        pairs = (part.partition("=") for part in asked.split("&"))
        return "&".join(name + sign + self._answer(name, value) for name, sign, value in pairs)

    def _answer(self, name: str, value: str) -> str:
        kind = PERSONAL.kind(name)
        return self.of(kind, value) if kind in NAMES else self._text(value, None)

    def _origin(self, origin: Origin) -> Origin:
        """Creators may be asked for by secUid, which the cursors have, too."""
        ask = origin.ask
        cursor = None if ask.cursor is None else self._without_sec_uids(ask.cursor)
        return replace(origin, ask=replace(ask, subject=self._without_sec_uids(ask.subject), cursor=cursor))

    def _without_sec_uids(self, text: str) -> str:
        return SEC_UID.sub(lambda match: self.of(Kind.SECUID, match[0]), text)

    def _observation(self, item: Observation) -> Observation:
        names = _Names.of(item.record)
        # It may quote a value that was found where another was expected.
        problem = item.problem if item.problem is None else self._text(item.problem, names.sentence)
        return replace(item, record=self._clean(dict(item.record), names), problem=problem)

    def _clean(self, value: Any, names: _Names, name: str = "", within: str = "", around: Kind | None = None) -> Any:
        """`value`, the field `name` of an object that is called `within`; `names` are found where a text names somebody.

        `around` is one of `NAMES` that all within the object is.
        """
        if isinstance(value, Mapping):
            own, called = PERSONAL.values(value, NAMES, name) if PERSONAL.is_item(value, name) else set(), set(called_in(value))
            inside, kind = names.within(own, called), PERSONAL.inside(name, value, within, around)
            return {self._member(str(key), names): self._field(str(key), inner, inside, name, kind) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._field(name, inner, names, within, around) for inner in value]
        return self._field(name, value, names, within, around)

    def _field(self, name: str, value: Any, names: _Names, within: str, around: Kind | None) -> Any:
        kind = PERSONAL.said(name, value, within, around)
        if kind is Kind.MEDIA:
            return emptied(value)
        if isinstance(value, Mapping | list | tuple):
            return self._clean(value, names, name, within, around)
        if kind in NAMES and value is not None and not isinstance(value, bool):
            return self.of(kind, str(value))
        if not isinstance(value, str) or _NUMBER.fullmatch(value):
            return value
        inner = without(value, lambda tree: self._clean(tree, names.beside(tree), name, within, around))
        if inner is not None:
            return inner
        if kind is Kind.SENTENCE:
            # Whoever is named there, also where no field of the body has the name.
            value = revealed(value, lambda said: replace_in_sentence(said, lambda name: "***"))
            return self._text(value, names.sentence, names.called)
        return self._text(value, names.text, names.called)

    def _member(self, key: str, names: _Names) -> str:
        """Lists of people may be objects whose keys are handles; names of fields stay."""
        return self.of(Kind.HANDLE, key) if key.lower() in names.keys else self._text(key, None)

    def _text(self, text: str, names: re.Pattern[str] | None, called: re.Pattern[str] = _DECORATED) -> str:
        """A text without `names`, wherever they stand, and without what `called` finds after an @: what no handle is."""

        def unmarked(plain: str) -> str:
            plain = self._without_sec_uids(replace_mentions(plain, self._mentioned))
            return names.sub("***", plain) if names is not None else plain

        def clean(plain: str) -> str:
            plain = replace_emails(plain, lambda address: self.of(Kind.ELSEWHERE, address))
            if "@" not in plain:
                return unmarked(plain)
            # Every other part is a name.
            parts = called.split(plain)
            return "".join(f"@{self.of(Kind.NICKNAME, part)}" if at % 2 else unmarked(part) for at, part in enumerate(parts))

        return revealed(text, clean)

    def _mentioned(self, handle: str) -> str | None:
        """None where words follow the handle without a blank: then the shorter one is the handle, as it is elsewhere."""
        shorter = _ASCII_HANDLE.match(handle)
        rest = handle[shorter.end() :] if shorter else ""
        ends = ".." in handle.strip(".") or (rest and "LATIN" not in unicodedata.name(rest[0], ""))
        return None if ends else self.of(Kind.HANDLE, handle)


class _Names:
    """Who is named where: `sentence` finds everybody of a body, `text` those of an item; `keys` are handles that name objects.

    `called` finds what no handle is after an @: nicknames of the item, and what lists of spans say is a mention.
    """

    def __init__(
        self, everybody: frozenset[str], own: frozenset[str], keys: frozenset[str], mentioned: frozenset[str] = frozenset()
    ) -> None:
        self._everybody, self._own, self.keys, self._mentioned = everybody, own, keys, mentioned

    @classmethod
    def of(cls, tree: Any) -> Self:
        """Those of a body, or of a record."""
        handles = {handle.lower() for handle in PERSONAL.values(tree, {Kind.HANDLE})}

        def theirs(key: str, inner: Any) -> bool:
            return key.lower() in handles and key in PERSONAL.values(inner, {Kind.HANDLE}, key)

        return cls(frozenset(PERSONAL.values(tree, NAMES)), frozenset(), people_as_keys(tree, handles, theirs))

    def within(self, own: Set[str], mentioned: Set[str]) -> _Names:
        """For the texts of an item that names `own`, and of those that the item around it names."""
        if own <= self._own and mentioned <= self._mentioned:
            return self
        return _Names(self._everybody, self._own | own, self.keys, self._mentioned | mentioned)

    def beside(self, tree: Any) -> _Names:
        """For a body within this one."""
        inner = _Names.of(tree)
        return _Names(self._everybody | inner._everybody, self._own, self.keys | inner.keys, self._mentioned)

    @cached_property
    def sentence(self) -> re.Pattern[str] | None:
        """What is found in sentences of the service."""
        return pattern_of(self._everybody)

    @cached_property
    def text(self) -> re.Pattern[str] | None:
        """What is found in any text of the item."""
        return pattern_of(name for name in self._own if _TELLING.search(name))

    @cached_property
    def called(self) -> re.Pattern[str]:
        """What is found after an @ in any text of the item, without the sign."""
        names = {name for name in self._own | self._mentioned if name.strip() and not _HANDLE.fullmatch(name)}
        listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        return re.compile(f"@((?:{listed})(?!\\w)|{_DECORATION})", re.IGNORECASE) if names else _DECORATED


def load_pseudonyms(environ: Mapping[str, str]) -> Pseudonyms | None:
    """With the key in the file that TOKPULSE_PSEUDONYM_KEY_FILE names; None when it names none. Raises PseudonymKeyError."""
    name = environ.get(VARIABLE, "").strip()
    if not name:
        return None
    return Pseudonyms(read_secret(Path(name), VARIABLE, "key", PseudonymKeyError).strip())
