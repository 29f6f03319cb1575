"""Personal handles replaced by a keyed hash, before anything of them reaches Kafka or the raw landing."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.errors import TokpulseError
from connectors.mentions import replace_mentions
from connectors.secret_files import read_secret
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.model import Observation, Origin, Page
from connectors.upstream.personal import NAMES, Kind

VARIABLE = "TOKPULSE_PSEUDONYM_KEY_FILE"
_MIN_BYTES = 32
_DIGEST_BYTES = 12  # 96 bits: among a billion people two share a pseudonym with a chance of about 1 in 10^11
_SEC_UID = re.compile(r"MS4w[\w.=-]+")
_WITHHELD = b'{"withheld":"not JSON, so its personal handles cannot be told from the rest"}'


class PseudonymKeyError(TokpulseError):
    """The key file cannot be used; the message never holds any of it."""


class Pseudonyms:
    """Replaces handles, nicknames, secUids and accounts elsewhere, and handles mentioned with @ in texts and addresses.

    Sentences of the service lose every name that stands in a field beside them. Numeric ids stay.

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
        return "p" + base64.b32encode(digest[:_DIGEST_BYTES]).decode().rstrip("=").lower()

    def page(self, page: Page) -> Page:
        """The page as it may be written."""
        observations = tuple(self._observation(item) for item in page.observations)
        return replace(page, observations=observations, origin=page.origin and self._origin(page.origin))

    def body(self, body: bytes) -> bytes:
        """A response as it may be kept; what is not JSON is withheld, for nothing in it can be told apart."""
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            return _WITHHELD if body.strip() else body
        try:
            return json.dumps(self._clean(tree, _named(tree)), ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "surrogatepass"
            )
        except RecursionError:
            return _WITHHELD

    def _origin(self, origin: Origin) -> Origin:
        """Creators may be asked for by secUid, which the cursors have, too."""
        ask = origin.ask
        cursor = None if ask.cursor is None else self._without_sec_uids(ask.cursor)
        return replace(origin, ask=replace(ask, subject=self._without_sec_uids(ask.subject), cursor=cursor))

    def _without_sec_uids(self, text: str) -> str:
        return _SEC_UID.sub(lambda match: self.of("secuid", match[0]), text)

    def _observation(self, item: Observation) -> Observation:
        try:
            return self._replaced(item)
        except RecursionError:
            # Only an item that could not be mapped is nested that deeply: what it says about people cannot be told apart.
            return replace(item, record={}, problem=f"{item.problem or 'not mapped'} (withheld: nested too deeply for pseudonyms)")

    def _replaced(self, item: Observation) -> Observation:
        record, problem = dict(item.record), item.problem
        named = _named(record)
        if problem is not None:
            # It may quote a value that was found where another was expected.
            problem = replace_mentions(named.sub("***", problem) if named else problem, lambda name: self.of(Kind.HANDLE, name))
        return replace(item, record=self._clean(record, named), problem=problem)

    def _clean(self, value: Any, named: re.Pattern[str] | None, name: str = "", within: str = "") -> Any:
        """`value`, the field `name` of an object that is called `within`; `named` is found where a sentence names somebody."""
        if isinstance(value, Mapping):
            return {key: self._clean(inner, named, str(key), name) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(inner, named, name, within) for inner in value]
        kind = PERSONAL.kind(name, within)
        if kind in NAMES and value is not None and not isinstance(value, bool):
            return self.of(kind, str(value))
        if not isinstance(value, str):
            return value
        if kind is Kind.SENTENCE and named is not None:
            value = named.sub("***", value)
        return replace_mentions(value, lambda handle: self.of(Kind.HANDLE, handle))


def load_pseudonyms(environ: Mapping[str, str]) -> Pseudonyms | None:
    """With the key in the file that TOKPULSE_PSEUDONYM_KEY_FILE names; None when it names none. Raises PseudonymKeyError."""
    name = environ.get(VARIABLE, "").strip()
    if not name:
        return None
    return Pseudonyms(read_secret(Path(name), VARIABLE, "key", PseudonymKeyError).strip())


def _named(tree: Any) -> re.Pattern[str] | None:
    """What is found where a text has the name of somebody whom a field of `tree` names; None where none does."""
    names = sorted(PERSONAL.values(tree, NAMES), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)), re.IGNORECASE) if names else None
