"""The threshold editor's routes: what `tokpulse thresholds` does, for a page. Only with the token of this start."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response
from starlette.routing import Route

from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from dashboards.web.guard import refused
from dashboards.web.writing import BodyError, Writing
from thresholds.backtest import FROM_MS, TO_MS, backtest
from thresholds.change import Proposal, carry_out, judged_note, propose, user
from thresholds.difference import Change, difference
from thresholds.fields import fields, tier_names
from thresholds.file import MAX_BYTES, ThresholdsFileError, file_text, parse_thresholds, save_text
from thresholds.merging import OverwriteError, made_from, marked, refuse_overwrite
from thresholds.model import ThresholdVersion
from thresholds.publish import LostRaceError, refuse_stale, stored, sync
from thresholds.reader import Problem
from thresholds.text import to_yaml
from thresholds.versions import StaleBaseError, VersionError, current, find, iso, newest, ordered
from thresholds.words import in_words, words

LISTED = 10
# A file of the largest size, every character escaped.
_MAX_BODY = 8 * MAX_BYTES


class FileChangedError(TokpulseError):
    """The file on disk is not the one that the page was opened with."""


class Edited(BaseModel):
    """The text of the editor, made from the version `base`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str
    base: str


class Judged(Edited):
    """A backtest over what ended at `from_ms` or later."""

    from_ms: int = FROM_MS


class Applied(Edited):
    """To be published; `file_hash` of the file as the page read it, when it is to be saved there too.

    `over` names the newest version when its changes may be taken back.
    """

    effective_from_ms: int | None = None
    comment: str = ""
    file_hash: str | None = None
    over: str = ""


class RolledBack(BaseModel):
    """An earlier version whose content is to be in force again."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    base: str
    comment: str = ""


class Editor:
    """Answers the editor's questions. `endpoints` gives the addresses as they are now, `file` is the one that people edit."""

    def __init__(self, endpoints: Callable[[], Endpoints], file: Path, token: str) -> None:
        self._endpoints = endpoints
        self._file = file
        self._writing = threading.Lock()
        self._routes = Writing(token, "edit thresholds", _MAX_BODY, _refusal)

    def routes(self) -> list[Route]:
        """For create_app."""
        return [
            self._routes.route("/api/thresholds", None, self._opened),
            self._routes.route("/api/thresholds/check", Edited, self._checked),
            self._routes.route("/api/thresholds/backtest", Judged, self._backtested),
            self._routes.route("/api/thresholds/preview", Applied, self._previewed),
            self._routes.route("/api/thresholds/apply", Applied, self._applied),
            self._routes.route("/api/thresholds/rollback", RolledBack, self._rolled_back),
        ]

    def _opened(self) -> dict[str, Any]:
        known = stored(self._endpoints())
        now_ms = wall_clock_ms()
        text, problem = "", ""
        try:
            text = file_text(self._file)
        except ThresholdsFileError as error:
            problem = str(error)
        in_force = current(known, now_ms)
        last = newest(known)
        return {
            "file": {
                "path": str(self._file),
                "text": text,
                "hash": _hash(text),
                "problem": problem,
                "differs": self._differs(text, in_force),
            },
            "in_force": in_force.version,
            "thresholds": asdict(in_force.thresholds),
            "newest": last.version if last else "",
            "user": user(),
            "versions": _history(known, now_ms),
        }

    def _checked(self, given: Edited) -> dict[str, Any]:
        """Validation needs no service; the page compares with the versions that it has."""
        found = fields(given.text)
        checked = {"fields": [asdict(field) | {"label": words(field.key, tier_names(found))} for field in found]}
        try:
            wanted = parse_thresholds(given.text, self._file)
        except ThresholdsFileError as error:
            return checked | {"valid": False, "problems": _worded(error.problems, given.text), "changes": []}
        base = find(stored(self._endpoints()), given.base)
        return checked | {"valid": True, "problems": [], "changes": _labelled(difference(base.thresholds, wanted))}

    def _backtested(self, given: Judged) -> dict[str, Any]:
        wanted = parse_thresholds(given.text, self._file)
        result = backtest(self._endpoints().clickhouse_url, wanted, max(given.from_ms, FROM_MS), TO_MS, LISTED)
        return asdict(result) | {"gained": result.gained, "lost": result.lost}

    def _previewed(self, given: Applied) -> dict[str, Any]:
        endpoints, now_ms = self._endpoints(), wall_clock_ms()
        proposal = self._proposal(stored(endpoints), given)
        from_ms = now_ms if given.effective_from_ms is None else given.effective_from_ms
        note = "" if proposal.already else judged_note(endpoints, from_ms)
        return {"already": proposal.already, "changes": _labelled(proposal.changes), "note": note}

    def _applied(self, given: Applied) -> dict[str, Any]:
        with self._writing:
            endpoints = self._endpoints()
            said = sync(endpoints)
            proposal = self._proposal(stored(endpoints), given)
            if given.file_hash is not None:
                self._refuse_changed_file(given.file_hash)
            version = proposal.base if proposal.already else carry_out(endpoints, proposal)
            said.append(proposal.already or _published(version))
            if given.file_hash is not None:
                said.append(save_text(self._file, marked(given.text, version)))
            return {"said": said}

    def _rolled_back(self, given: RolledBack) -> dict[str, Any]:
        with self._writing:
            endpoints = self._endpoints()
            said = sync(endpoints)
            known = stored(endpoints)
            refuse_stale(known, given.base)
            chosen = find(known, given.version)
            comment = given.comment or f"back to {chosen.version}"
            proposal = propose(known, chosen.thresholds, None, "", comment, now_ms=wall_clock_ms())
            return {"said": [*said, proposal.already or _published(carry_out(endpoints, proposal))]}

    def _proposal(self, known: Sequence[ThresholdVersion], given: Applied) -> Proposal:
        wanted = parse_thresholds(given.text, self._file)
        proposal = propose(known, wanted, given.effective_from_ms, "", given.comment, now_ms=wall_clock_ms())
        if not proposal.already:
            # The file that the page opened may be older than the page.
            bases = (find(known, given.base), made_from(given.text, wanted, known))
            refuse_overwrite(known, wanted, min(bases, key=lambda version: version.sequence), given.over)
        return proposal

    def _differs(self, text: str, in_force: ThresholdVersion) -> int | None:
        """In how many values the file differs from the version in force; None where it holds no thresholds."""
        try:
            return len(difference(in_force.thresholds, parse_thresholds(text, self._file)))
        except ThresholdsFileError:
            return None

    def _refuse_changed_file(self, expected: str) -> None:
        if self._file.exists() and _hash(file_text(self._file)) != expected:
            raise FileChangedError(
                f"{self._file} was changed by somebody else since this page was opened; nothing is published",
                "reload the page to see that change, or publish without saving the file",
            )


def _refusal(error: TokpulseError) -> Response:
    if isinstance(error, ThresholdsFileError):
        return refused(422, error.message, error.hint, problems=_worded(error.problems))
    if isinstance(error, OverwriteError):
        keys = [asdict(key) | {"lost": key.lost, "label": words(key.key)} for key in error.keys]
        return refused(409, error.message, error.hint, three_way=keys, base=error.base, newest=error.newest)
    return refused(_status(error), error.message, error.hint)


def _status(error: TokpulseError) -> int:
    if isinstance(error, StaleBaseError | FileChangedError | LostRaceError):
        return 409
    if isinstance(error, BodyError | VersionError):
        return 400
    return 503 if isinstance(error, ClickHouseUnavailableError) else 502


def _worded(problems: Sequence[Problem], text: str = "") -> list[dict[str, Any]]:
    """Problems in the words of the form, which calls tiers by their names in `text`."""
    tiers = tier_names(fields(text))
    return [
        asdict(problem)
        | {
            "label": words(problem.key, tiers),
            "reason": in_words(problem.reason, tiers),
            "allowed": in_words(problem.allowed, tiers),
        }
        for problem in problems
    ]


def _labelled(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [asdict(change) | {"label": words(change.key)} for change in changes]


def _history(known: Sequence[ThresholdVersion], now_ms: int) -> list[dict[str, Any]]:
    """Newest first, each with what it changed and its content as a file."""
    before: ThresholdVersion | None = None
    listed = []
    for version in ordered(known):
        changes = difference(before.thresholds, version.thresholds) if before else []
        listed.append(
            {
                "version": version.version,
                "effective_from": iso(version.effective_from_ms),
                "published_at": iso(version.published_at_ms),
                "planned": version.effective_from_ms > now_ms,
                "author": version.author,
                "comment": version.comment,
                "changes": _labelled(changes),
                "text": to_yaml(version.thresholds),
            }
        )
        before = version
    return listed[::-1]


def _published(version: ThresholdVersion) -> str:
    return f"published {version.version}, in force from {iso(version.effective_from_ms)}; running jobs use it within 10 s"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
