"""Who must not be observed again: keyed hashes of people whom `tokpulse forget` has removed."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from connectors.endpoints import data_dir
from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.mentions import replace_called, replace_in_sentence, replace_mentions
from connectors.no_names import is_pseudonym
from connectors.spelling import revealed, spelled_out
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.model import Observation
from connectors.upstream.personal import Kind
from connectors.upstream.trees import CALLED, DISTINCT, SEC_UID, dumped, may_be_id, outermost, pattern_of, people_as_keys, without
from polling.personal.withheld import or_withheld

VARIABLE: Final = "TOKPULSE_FORGOTTEN_FILE"
_LONG_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{5,20}(?![0-9])")
_WORD: Final = re.compile(r"[A-Za-z0-9_.]*[A-Za-z0-9_]")
_PAGE: Final = re.compile(r"(?<=tiktok\.com/)[A-Za-z0-9_.]*[A-Za-z0-9_]")
_LEFT_OUT: Final = {"left_out": "of a person who is to be forgotten"}


@dataclass(frozen=True)
class _Around:
    """What the body, the item and the object around a value say of them."""

    called: re.Pattern[str] | None = None  # finds their nicknames
    keys: frozenset[str] = frozenset()  # handles that name objects
    owned: bool = False  # the object says that it is somebody else's
    names: Kind | None = None  # one of NAMES that all within an object is


_NOTHING: Final = _Around()


class ForgottenFileError(TokpulseError):
    """The file cannot be used. Pollers do not start without it: they would bring people back."""


class Forgotten:
    """The hashes of one file; read again when it changes. An absent file names nobody.

    `pseudonym(kind, value)` is given where names are kept as pseudonyms: then `tokpulse forget` saw, and hashed, those alone.
    """

    def __init__(self, path: Path, pseudonym: Callable[[str, str], str] | None = None) -> None:
        self._path = path
        self._pseudonym = pseudonym
        self._stamp: tuple[int, int] | None = None
        self._key = b""
        self._hashes: frozenset[str] = frozenset()

    def __len__(self) -> int:
        self._refresh()
        return len(self._hashes)

    def knows(self, kind: str, value: object) -> bool:
        """Whether an "id", a "handle", a "secuid", or a "nickname" that is no ordinary word, is one of theirs."""
        self._refresh()
        return self._known(kind, value)

    def knows_creator(self, name: str) -> bool:
        """Whether one of theirs is named by an id, a secUid or a handle, as entries of a watchlist are."""
        return len(self) > 0 and any(self._known(kind, name) for kind in (Kind.ID, Kind.SECUID, Kind.HANDLE))

    def add(self, userid: str, handles: Iterable[str], secuids: Iterable[str], nicknames: Iterable[str] = ()) -> None:
        """Writes their hashes, readable to the file's owner only; known ones are left alone. Raises ForgottenFileError.

        Of the nicknames those that are no ordinary words.
        """
        self._refresh()
        self._key = self._key or secrets.token_bytes(32)
        named = {
            Kind.ID: [userid],
            Kind.HANDLE: handles,
            Kind.SECUID: secuids,
            Kind.NICKNAME: [form for name in nicknames for form in (name, spelled_out(name)) if _is_distinct(form)],
        }
        hashes = sorted(self._hashes | {self._hash(kind, value) for kind, values in named.items() for value in values})
        try:
            replace_file(self._path, json.dumps({"key": self._key.hex(), "hashes": hashes}, indent=1), 0o600, durable=True)
        except OSError as error:
            raise ForgottenFileError(f"cannot write {self._path}: {error.strerror}", f"correct {VARIABLE}") from error
        self._refresh()

    def kept(self, observations: Iterable[Observation]) -> list[Observation]:
        """The observations without theirs, and without their names and ids in what others write and in sentences."""
        self._refresh()
        if not self._hashes:
            return list(observations)
        cleaned = (or_withheld(one, self._observation) for one in observations)
        return [one for one in cleaned if one is not None]

    def _observation(self, one: Observation) -> Observation | None:
        if self._is_theirs(one.record, ""):
            return None
        problem = one.problem and self._text(one.problem, _NOTHING, sentence=True)
        return replace(one, record=self._clean(one.record, _Around(keys=self._keys(one.record))), problem=problem)

    def body(self, body: bytes) -> bytes:
        """A response as it may be kept: byte by byte as it came, unless it names them. What is not JSON and does is left out."""
        self._refresh()
        if not self._hashes:
            return body
        with suppress(UnicodeDecodeError):
            text = body.decode(json.detect_encoding(body), "surrogatepass")
            kept = without(text, self._body)
            if kept is not None:
                return body if kept == text else kept.encode("utf-8", "surrogatepass")
        text = body.decode("utf-8", "surrogateescape")
        return body if self._text(text, _NOTHING, sentence=False) == text else dumped(_LEFT_OUT).encode()

    def _known(self, kind: str, value: object) -> bool:
        if not self._hashes or not value or (kind == Kind.NICKNAME and not _is_distinct(str(value))):
            return False
        if self._hash(kind, str(value)) in self._hashes:
            return True
        other = self._pseudonym(kind, str(value)) if self._pseudonym is not None and kind != Kind.ID else ""
        return bool(other) and self._hash(kind, other) in self._hashes

    def _body(self, tree: Any) -> Any:
        """Of a body that holds one thing, which is theirs, what stands beside it goes, too."""

        def of_item(value: Mapping[str, Any], name: str) -> bool | None:
            if PERSONAL.is_item(value, name):
                return self._is_theirs(value, name)
            return False if self._is_others(value, name) else None

        found = set(outermost(tree, of_item))
        if (True, False) in found and all(theirs for theirs, _ in found):
            return _LEFT_OUT
        return self._clean(tree, _Around(keys=self._keys(tree)))

    def _keys(self, tree: Any) -> frozenset[str]:
        return people_as_keys(tree, (), lambda key, inner: self._known(Kind.HANDLE, key) and self._is_theirs(inner, key))

    def _clean(self, value: Any, around: _Around, name: str = "", within: str = "") -> Any:
        """`value`, the field `name` of an object that is called `within`. Where it names them, its texts lose their nicknames."""
        if isinstance(value, Mapping):
            if self._is_theirs(value, name):
                return _LEFT_OUT
            called = self._named_in(value, around) if PERSONAL.is_item(value, name) else around.called
            names = PERSONAL.inside(name, value, within, around.names)
            inside = replace(around, called=called, owned=self._is_others(value, name), names=names)
            return {self._key_of(str(key), around): self._clean(inner, inside, str(key), name) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(inner, around, name, within) for inner in value]
        kind = PERSONAL.said(name, value, within, around.names)
        if isinstance(value, int) and not isinstance(value, bool):
            return 0 if may_be_id(name, str(value)) and self._known(Kind.ID, str(value)) else value
        if not isinstance(value, str) or not value or (kind is None and value.isdecimal() and not may_be_id(name, value)):
            return value
        if kind is Kind.HANDLE and self._named(value) is not None:
            return ""
        # Who says so much of themselves may be called the same.
        own = around.owned and PERSONAL.listed(name, within) is Kind.NICKNAME
        if kind is Kind.NICKNAME and not own and self._known(kind, value):
            return ""
        inner = without(value, lambda tree: self._clean(tree, around, name, within))
        return inner if inner is not None else self._text(value, around, sentence=kind is Kind.SENTENCE)

    def _text(self, text: str, around: _Around, *, sentence: bool) -> str:
        """A text without their ids, secUids and handles; a handle that may be an ordinary word goes where it is marked."""

        def clean(plain: str) -> str:
            plain = replace_called(plain, lambda name: "" if self._known(Kind.NICKNAME, name) else None)
            plain = replace_mentions(plain, self._nobody)
            plain = SEC_UID.sub(lambda match: "" if self._known(Kind.SECUID, match[0]) else match[0], plain)
            plain = _LONG_NUMBER.sub(lambda match: "" if self._known(Kind.ID, match[0]) else match[0], plain)
            plain = _PAGE.sub(lambda match: "" if self._known(Kind.HANDLE, match[0]) else match[0], plain)
            plain = _WORD.sub(
                lambda match: "" if DISTINCT.fullmatch(match[0]) and self._known(Kind.HANDLE, match[0]) else match[0], plain
            )
            plain = around.called.sub("", plain) if around.called is not None else plain
            return replace_in_sentence(plain, self._named) if sentence else plain

        return revealed(text, clean)

    def _key_of(self, key: str, around: _Around) -> str:
        """Lists of people may be objects whose keys say who they are."""
        return next(iter(_LEFT_OUT)) if key.lower() in around.keys else self._text(key, _NOTHING, sentence=False)

    def _named_in(self, item: Mapping[str, Any], around: _Around) -> re.Pattern[str] | None:
        """Finds their nicknames, as far as objects in `item` say who they are; for it alone, as they may be ordinary words."""
        return pattern_of(self._nicknames(item)) or around.called

    def _nicknames(self, tree: Any, name: str = "") -> Iterator[str]:
        if isinstance(tree, Mapping):
            if self._is_theirs(tree, name):
                yield from PERSONAL.values(tree, {Kind.NICKNAME}, name)
            for key, inner in tree.items():
                yield from self._nicknames(inner, str(key))
        elif isinstance(tree, list | tuple):
            for inner in tree:
                yield from self._nicknames(inner, name)

    def _nobody(self, handle: str) -> str | None:
        return "" if self._known(Kind.HANDLE, handle) or (is_pseudonym(handle) and self._known(Kind.NICKNAME, handle)) else None

    def _named(self, name: str) -> str | None:
        return "" if self._known(Kind.HANDLE, name) or self._known(Kind.NICKNAME, name) else None

    def _is_theirs(self, record: Mapping[str, Any], name: str) -> bool:
        """Whether an object that is called `name` is about one of them."""
        for field, value in record.items():
            kind = Kind.ID if field == "id" else PERSONAL.owner(str(field), value, name)
            if kind is not None and self._known(kind, value):
                return True
            if PERSONAL.kind(str(field), name) is Kind.PERSON and isinstance(value, Mapping) and self._is_theirs(value, str(field)):
                return True
        return False

    def _is_others(self, record: Mapping[str, Any], name: str) -> bool:
        """Whether an object that is called `name` says that it is somebody else's."""
        owners = (str(value) for field, value in record.items() if PERSONAL.owner(str(field), value, name) is not None)
        return any(self._named(owner) is None for owner in owners) and not self._is_theirs(record, name)

    def _hash(self, kind: str, value: str) -> str:
        folded = value.removeprefix("@").lower() if kind == Kind.HANDLE else value
        folded = value.strip().lower() if kind == Kind.NICKNAME else folded
        return hmac.digest(self._key, f"{kind}\n{folded}".encode("utf-8", "surrogatepass"), "sha256").hex()

    def _refresh(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp == self._stamp:
            return
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            key, hashes = bytes.fromhex(content["key"]), frozenset(map(str, content["hashes"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ForgottenFileError(f"cannot read {self._path}", f"restore it from a copy, or correct {VARIABLE}") from error
        self._key, self._hashes, self._stamp = key, hashes, stamp


def _is_distinct(nickname: str) -> bool:
    # A pseudonym stands for a nickname of which nobody can tell any more whether it is a word.
    return CALLED.fullmatch(nickname) is not None or is_pseudonym(nickname)


def forgotten_file(environ: Mapping[str, str]) -> Path:
    """The file that TOKPULSE_FORGOTTEN_FILE names, else `forgotten.json` of the data directory."""
    name = environ.get(VARIABLE, "").strip()
    return Path(name).expanduser() if name else data_dir(environ) / "forgotten.json"
