"""Who accepted what LIVE polling means: the terms-of-service log. Without a valid acceptance nothing is asked of the service."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.errors import TokpulseError

FILE: Final = "live-terms.jsonl"
VERSION: Final = 1
TEXT: Final = """\
LIVE data does not come from TikTok. TikTok has no official interface for LIVE events or their analytics: the Research API
shows videos after up to 48 hours and some statistics after up to 10 days, Events Manager is not in real time, and Data
Portability is an export of one's own account. tik.tools, from which this command reads, decodes TikTok's internal protocol.
By accepting you confirm that
 1. your organisation has read TikTok's terms of service and those of tik.tools, and takes the risk: addresses and keys may be
    blocked, data may be wrong, late or missing, and the service may end without notice;
 2. somebody watches it: `tokpulse quality` shows this log, and the LIVE page shows minutes that were missed;
 3. you can do without it: nothing else in tokpulse depends on LIVE data, and `tokpulse live accept-risk --withdraw` ends it;
 4. you have a legal basis for the personal data of viewers, and set TOKPULSE_PSEUDONYM_KEY_FILE where names must not be kept.
URL signing, captcha solving, session cookies, moderation and sending of chat are not part of it."""


class TermsError(TokpulseError):
    """LIVE polling is not accepted, or the log cannot be used."""


@dataclass(frozen=True)
class Entry:
    """A line of the log. `action` is accepted or withdrawn, `text_sha256` of the text that was shown, `at_ms` Unix milliseconds."""

    action: str
    who: str
    at_ms: int
    version: int
    text_sha256: str

    def line(self) -> str:
        """`accepted by Ada on 2026-12-01T00:00Z (text 1)`"""
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
        return f"{self.action} by {self.who} on {at} (text {self.version})"


def text_sha256() -> str:
    """Of the text as it is now."""
    return hashlib.sha256(TEXT.encode()).hexdigest()


class TermsLog:
    """The log in one file of the data directory: a JSON line per decision, never changed. It need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """All of it, the oldest first. Raises TermsError for a file that cannot be read."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
            return [Entry(**json.loads(line)) for line in lines if line.strip()]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise TermsError(f"cannot use {self.path}: {error}", "restore it from a copy: it says who accepted what") from None

    def accepted(self) -> Entry | None:
        """The acceptance that holds: the last line, if it accepts the text as it is now."""
        entries = self.entries()
        valid = entries and entries[-1].action == "accepted" and entries[-1].text_sha256 == text_sha256()
        return entries[-1] if valid else None

    def require(self) -> Entry:
        """The acceptance. Raises TermsError where there is none."""
        entry = self.accepted()
        if entry is None:
            raise TermsError(
                f"LIVE polling is not accepted: {self.summary()}",
                "read and accept the terms with `tokpulse live accept-risk`",
            )
        return entry

    def add(self, action: str, who: str, at_ms: int) -> Entry:
        """A decision, on disk on return. Raises TermsError for one without a name, or that cannot be written."""
        who = " ".join(who.split())
        if not who:
            raise TermsError("nobody is named", "--by says who accepts, e.g. --by 'Ada Lovelace, Example Ltd'")
        self.entries()
        entry = Entry(action, who[:200], at_ms, VERSION, text_sha256())
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise TermsError(f"cannot write {self.path}: {error.strerror}", "check the owner of the data directory") from None
        return entry

    def summary(self) -> str:
        """One line of how things stand."""
        entries = self.entries()
        if not entries:
            return "nobody has accepted"
        if entries[-1].action == "accepted" and self.accepted() is None:
            return f"the text has changed since it was {entries[-1].line()}"
        return entries[-1].line()
