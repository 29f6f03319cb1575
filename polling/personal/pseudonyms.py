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
from connectors.secret_files import read_secret
from connectors.upstream.model import Observation, Origin, Page

VARIABLE = "TOKPULSE_PSEUDONYM_KEY_FILE"
_MIN_BYTES = 32
_DIGEST_BYTES = 12  # 96 bits: among a billion people two share a pseudonym with a chance of about 1 in 10^11
# Field names, lower case and without underscores -> the kind of name. One kind, one pseudonym for one value.
_KINDS: Mapping[str, str] = {
    "uniqueid": "handle",
    "username": "handle",
    "nickname": "nickname",
    "authorname": "nickname",
    "secuid": "secuid",
    "authorsecid": "secuid",
    "secid": "secuid",
    # Accounts elsewhere that a profile names.
    "insid": "elsewhere",
    "twitterid": "elsewhere",
    "twittername": "elsewhere",
    "youtubechannelid": "elsewhere",
    "youtubechanneltitle": "elsewhere",
    "bioemail": "elsewhere",
    "email": "elsewhere",
}
_MENTION = re.compile(r"(?<![\w.])@([\w.]{2,64})|(?<=/)@([\w.]{2,64})")
_SEC_UID = re.compile(r"MS4w[\w.=-]+")
_WITHHELD = b'{"withheld":"not JSON, so its personal handles cannot be told from the rest"}'


class PseudonymKeyError(TokpulseError):
    """The key file cannot be used; the message never holds any of it."""


class Pseudonyms:
    """Replaces handles, nicknames and secUids, and handles mentioned with @ in texts and addresses. Numeric ids stay.

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
            return json.dumps(self._clean(tree, ""), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
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
        problem = item.problem
        if problem is not None:
            # It may quote a value that was found where another was expected.
            for value in _personal(item.record, ""):
                problem = problem.replace(value, "***")
        return replace(item, record=self._clean(dict(item.record), ""), problem=problem)

    def _clean(self, value: Any, name: str) -> Any:
        if isinstance(value, Mapping):
            return {key: self._clean(inner, str(key)) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(inner, name) for inner in value]
        kind = _kind(name)
        if kind is not None and value is not None and not isinstance(value, bool):
            return self.of(kind, str(value))
        return _MENTION.sub(self._mention, value) if isinstance(value, str) and "@" in value else value

    def _mention(self, match: re.Match[str]) -> str:
        handle = match[1] or match[2]
        # A full stop at the end belongs to the sentence.
        name = handle.rstrip(".")
        return "@" + self.of("handle", name) + handle[len(name) :]


def load_pseudonyms(environ: Mapping[str, str]) -> Pseudonyms | None:
    """With the key in the file that TOKPULSE_PSEUDONYM_KEY_FILE names; None when it names none. Raises PseudonymKeyError."""
    name = environ.get(VARIABLE, "").strip()
    if not name:
        return None
    return Pseudonyms(read_secret(Path(name), VARIABLE, "key", PseudonymKeyError).strip())


def _kind(name: str) -> str | None:
    return _KINDS.get(name.replace("_", "").lower())


def _personal(value: Any, name: str) -> set[str]:
    """Every value under a personal field."""
    if isinstance(value, Mapping):
        return set().union(*(_personal(inner, str(key)) for key, inner in value.items()))
    if isinstance(value, list | tuple):
        return set().union(*(_personal(inner, name) for inner in value))
    return {str(value)} if _kind(name) is not None and value else set()
