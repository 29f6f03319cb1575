"""Who must not be observed again: keyed hashes of people whom `tokpulse forget` has removed."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from connectors.endpoints import data_dir
from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.mentions import replace_in_sentence, replace_mentions
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.model import Observation
from connectors.upstream.personal import Kind

VARIABLE: Final = "TOKPULSE_FORGOTTEN_FILE"
# By what somebody is known here.
_KINDS: Final = frozenset({Kind.ID, Kind.HANDLE, Kind.SECUID})
_LEFT_OUT: Final = {"left_out": "of a person who is to be forgotten"}


class ForgottenFileError(TokpulseError):
    """The file cannot be used. Pollers do not start without it: they would bring people back."""


class Forgotten:
    """The hashes of one file; read again when it changes. An absent file names nobody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._key = b""
        self._hashes: frozenset[str] = frozenset()

    def __len__(self) -> int:
        self._refresh()
        return len(self._hashes)

    def knows(self, kind: str, value: object) -> bool:
        """Whether an "id", a "handle" or a "secuid" is one of theirs."""
        self._refresh()
        return bool(self._hashes) and bool(value) and self._hash(kind, str(value)) in self._hashes

    def add(self, userid: str, handles: Iterable[str], secuids: Iterable[str]) -> None:
        """Writes their hashes, readable to the file's owner only; known ones are left alone. Raises ForgottenFileError."""
        self._refresh()
        self._key = self._key or secrets.token_bytes(32)
        named = [("id", userid), *(("handle", value) for value in handles), *(("secuid", value) for value in secuids)]
        hashes = sorted(self._hashes | {self._hash(kind, value) for kind, value in named})
        try:
            replace_file(self._path, json.dumps({"key": self._key.hex(), "hashes": hashes}, indent=1), 0o600, durable=True)
        except OSError as error:
            raise ForgottenFileError(f"cannot write {self._path}: {error.strerror}", f"correct {VARIABLE}") from error
        self._refresh()

    def kept(self, observations: Iterable[Observation]) -> list[Observation]:
        """The observations without theirs, and without their handles in the words of others and in sentences."""
        self._refresh()
        if not self._hashes:
            return list(observations)
        return [
            replace(one, record=self._clean(one.record), problem=one.problem and self._sentence(one.problem))
            for one in observations
            if not self._is_theirs(one.record, "")
        ]

    def body(self, body: bytes) -> bytes:
        """A response as it may be kept: byte by byte as it came, unless it names them. What is not JSON is left as it is."""
        self._refresh()
        if not self._hashes:
            return body
        hides = False

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal hides
            found = dict(pairs)
            # Of a member that is given twice only the last one is looked at.
            hides = hides or len(found) < len(pairs)
            return found

        try:
            parsed = json.loads(body, object_pairs_hook=members)
            kept = self._clean(parsed)
            if kept == parsed and not hides:
                return body
            return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            return body

    def _clean(self, value: Any, name: str = "", within: str = "") -> Any:
        """`value`, the field `name` of an object that is called `within`."""
        if isinstance(value, Mapping):
            if self._is_theirs(value, name):
                return _LEFT_OUT
            return {key: self._clean(inner, str(key), name) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(inner, name, within) for inner in value]
        if not isinstance(value, str):
            return value
        return self._sentence(value) if PERSONAL.kind(name, within) is Kind.SENTENCE else replace_mentions(value, self._nobody)

    def _sentence(self, text: str) -> str:
        """A sentence of the service without their handles, which have no mark there."""
        return replace_in_sentence(replace_mentions(text, self._nobody), self._nobody)

    def _nobody(self, handle: str) -> str | None:
        return "" if self.knows("handle", handle) else None

    def _is_theirs(self, record: Mapping[str, Any], name: str) -> bool:
        """Whether an object that is called `name` is about one of them."""
        for field, value in record.items():
            kind = PERSONAL.kind(str(field), name)
            if kind in _KINDS and self.knows(kind, value):
                return True
            if kind is Kind.PERSON and isinstance(value, Mapping) and self._is_theirs(value, str(field)):
                return True
        return False

    def _hash(self, kind: str, value: str) -> str:
        folded = value.removeprefix("@").lower() if kind == "handle" else value
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


def forgotten_file(environ: Mapping[str, str]) -> Path:
    """The file that TOKPULSE_FORGOTTEN_FILE names, else `forgotten.json` of the data directory."""
    name = environ.get(VARIABLE, "").strip()
    return Path(name).expanduser() if name else data_dir(environ) / "forgotten.json"
