"""Reads `privacy.yaml`: whose names may be shown. Nobody's, unless the file says so."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY
from connectors.upstream.trees import is_sec_uid
from connectors.yaml_file import parse
from polling.personal.forgotten import Forgotten, forgotten_file
from polling.watchlist import load_watchlist

VARIABLE: Final = "TOKPULSE_PRIVACY_FILE"
FILE_NAME: Final = "privacy.yaml"
_AS_TEXT: Final = frozenset({"opted_in"})
_ID: Final = re.compile(r"[0-9]{1,20}")
_HANDLE: Final = re.compile(r"@?(?P<handle>(?=[\w.]*\w)[\w.]{1,40})")


class PrivacyFileError(TokpulseError):
    """A privacy.yaml that is refused: the message is `path:line: key: reason`."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _OptedIn(_Strict):
    creators: list[str] = []
    watchlist: str | None = None


class _File(_Strict):
    opted_in: _OptedIn = _OptedIn()


@dataclass(frozen=True)
class OptedIn:
    """Who was opted in: numeric ids, handles in lower case without the @, and secUids of a watchlist."""

    ids: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    secuids: frozenset[str] = frozenset()

    def __or__(self, other: OptedIn) -> OptedIn:
        return OptedIn(self.ids | other.ids, self.handles | other.handles, self.secuids | other.secuids)


def privacy_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The file that TOKPULSE_PRIVACY_FILE names, else `privacy.yaml` of the current directory, else the one of the project."""
    name = environ.get(VARIABLE, "").strip()
    if name:
        return Path(name).expanduser()
    here = Path(FILE_NAME)
    return here if here.exists() else REPOSITORY / FILE_NAME


def load_opted_in(path: Path, forgotten: Forgotten | None = None) -> OptedIn:
    """Who is opted in by `path`. A watchlist is looked for beside it. Raises PrivacyFileError and WatchlistError.

    People in `forgotten` (by default those of this machine) cannot be opted in.
    """
    forgotten = Forgotten(forgotten_file(os.environ)) if forgotten is None else forgotten
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PrivacyFileError(f"cannot read {path}: {error.strerror}", f"correct {VARIABLE}") from None
    except UnicodeDecodeError:
        raise PrivacyFileError(f"{path}: is not UTF-8", "save the file as UTF-8") from None
    file, lines = parse(text, path, _File, PrivacyFileError, as_text=_AS_TEXT)
    everybody = OptedIn()
    for index, entry in enumerate(file.opted_in.creators):
        place = f"{path}:{lines['opted_in', 'creators', index]}: opted_in.creators[{index}]"
        one = _entry(entry)
        if one is None:
            raise PrivacyFileError(f"{place}: {entry[:60]!r} is neither a handle nor a numeric id", "write @handle, or the id")
        if _is_forgotten(one, forgotten):
            raise PrivacyFileError(f"{place}: was forgotten with `tokpulse forget` and is not shown any more", "remove the entry")
        everybody |= one
    return everybody | _watched(path, file.opted_in.watchlist, forgotten)


def _watched(path: Path, name: str | None, forgotten: Forgotten) -> OptedIn:
    """All creators of a watchlist; what is no creator there, and who was forgotten, is left to the watchlist's own errors."""
    everybody = OptedIn()
    for entry in load_watchlist(path.parent / Path(name).expanduser()).creators if name else ():
        one = _entry(entry.id)
        if one is not None and not _is_forgotten(one, forgotten):
            everybody |= one
    return everybody


def _entry(text: str) -> OptedIn | None:
    text = text.strip()
    if _ID.fullmatch(text):
        return OptedIn(ids=frozenset({text}))
    if is_sec_uid(text):
        return OptedIn(secuids=frozenset({text}))
    match = _HANDLE.fullmatch(text)
    return OptedIn(handles=frozenset({match["handle"].lower()})) if match else None


def _is_forgotten(one: OptedIn, forgotten: Forgotten) -> bool:
    named = {"id": one.ids, "handle": one.handles, "secuid": one.secuids}
    return any(forgotten.knows(kind, value) for kind, values in named.items() for value in values)
