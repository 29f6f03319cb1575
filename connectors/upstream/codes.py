"""What each status and each code of an upstream asks of the poller: read from `*_codes.yaml`, applied to answers.

`http_codes.yaml` has what statuses mean at every service, `<name>_codes.yaml` what one service means by others, or otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.errors import TokpulseError
from connectors.upstream.bodies import NoPageError, json_object
from connectors.upstream.fields import whole
from connectors.upstream.model import SINGLE, Answer, Ask, Failure, Page, Refusal
from connectors.upstream.retry_after import retry_after_s
from connectors.upstream.shapes import envelopes, joined

_FOLDER = Path(__file__).parent
# Far more than is shown: whoever knows the key takes it out of the message before it is cut to its length.
_LONGEST_MESSAGE = 4_000
# Reasons name metrics: what is no plausible code gets no name of its own.
_LARGEST_CODE = 1_000_000
_MESSAGES = ("message", "status_msg", "statusMsg", "msg", "error", "detail")
# The status with which services hand TikTok's codes through, and sometimes its bodies.
CODED = 403
# Services spell HTTP's success as TikTok's code, too.
_SUCCESS = range(200, 300)
# Objects of a body that may have a code: the envelopes, not every item.
_LOOKED_AT = 20
_ORDER = {failure: number for number, failure in enumerate(Failure)}
# The reason of a 400 that does not say what is wrong: with this subject's request, or with each one to the endpoint.
BAD_REQUEST = "bad_request"

Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
Code = Annotated[int, Field(ge=1, le=99_999)]
Seconds = Annotated[float, Field(ge=0)]


class CodesFileError(TokpulseError):
    """A file of codes is not what it must be; the message names the file and the key."""


class _CodesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    retry: dict[Code, Reason] = Field(default_factory=dict)
    skip: dict[Code, Reason] = Field(default_factory=dict)
    pause: dict[Code, Reason] = Field(default_factory=dict)
    fatal: dict[Code, Reason] = Field(default_factory=dict)
    ends_list: frozenset[Code] = frozenset()
    key_fields: frozenset[str] = frozenset()
    bad_subject_fields: frozenset[str] = frozenset()
    bad_cursor_fields: frozenset[str] = frozenset()
    pace_s: Seconds = 0.0
    limit_words: dict[str, Reason] = Field(default_factory=dict)
    retry_after_s: dict[Code, Seconds] = Field(default_factory=dict)
    unknown_from: Code | None = None
    unknown_to: Code | None = None
    unknown_retries: int = 0


@dataclass(frozen=True)
class Codes:
    """Of one or several files. `classes` has each code's class and reason, by class, in the order of the files."""

    classes: Mapping[int, tuple[Failure, str]]
    ends_list: frozenset[int]
    key_fields: frozenset[str]
    bad_subject_fields: frozenset[str]
    bad_cursor_fields: frozenset[str]
    pace_s: float
    limit_words: Mapping[str, str]
    retry_after_s: Mapping[int, float]
    # Codes of this range that are in no class, and how often the same request is made again after one.
    unknown: range
    unknown_retries: int


def load_codes(*paths: Path) -> Codes:
    """The codes of all `paths`: what a later file says of a code counts, lists of fields add up.

    Raises CodesFileError, also for a code that is in two classes of one file.
    """
    files = [_parsed(path) for path in paths]
    classes: dict[int, tuple[Failure, str]] = {}
    for path, parsed in zip(paths, files, strict=True):
        classes |= _classes(path, parsed)
    given: dict[str, Any] = {}
    for parsed in files:
        given |= parsed.model_dump(exclude_unset=True)
    latest = _CodesFile.model_validate(given)
    return Codes(
        dict(sorted(classes.items(), key=lambda one: _ORDER[one[1][0]])),
        latest.ends_list,
        frozenset(name.lower() for parsed in files for name in parsed.key_fields),
        frozenset(name for parsed in files for name in parsed.bad_subject_fields),
        frozenset(name for parsed in files for name in parsed.bad_cursor_fields),
        latest.pace_s,
        latest.limit_words,
        latest.retry_after_s,
        range(latest.unknown_from or 0, (latest.unknown_to or -1) + 1),
        latest.unknown_retries,
    )


def _parsed(path: Path) -> _CodesFile:
    try:
        return _CodesFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        problem = error.errors()[0] if isinstance(error, ValidationError) else None
        where = f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" if problem else str(error)
        raise CodesFileError(f"{path.name}: {where}", "each class maps codes to reasons in lower_case") from error


def _classes(path: Path, parsed: _CodesFile) -> dict[int, tuple[Failure, str]]:
    classes: dict[int, tuple[Failure, str]] = {}
    for failure in Failure:
        for code, reason in getattr(parsed, failure.value).items():
            if code in classes:
                raise CodesFileError(f"{path.name}: {code} is both {classes[code][0].value} and {failure.value}", "keep one")
            classes[code] = (failure, reason)
    return classes


TIKTOK_CODES = load_codes(_FOLDER / "tiktok_codes.yaml")


class StatusMap:
    """Judges the answers of one upstream. `http` are its statuses; TikTok's codes within bodies are the same for all."""

    def __init__(self, name: str) -> None:
        own = _FOLDER / f"{name}_codes.yaml"
        self.http = load_codes(_FOLDER / "http_codes.yaml", *([own] if own.exists() else []))

    def body(self, answer: Answer) -> dict[str, Any]:
        """The body of an answer. Raises NoPageError with what the status, the body's own code or the lack of a body asks for."""
        body = self._object(answer)
        code = own_code(body)
        if code or body.get("status") == "error":
            raise NoPageError(self._refused(answer, body, code))
        return body

    def page(self, ask: Ask, answer: Answer, read: Callable[[dict[str, Any]], tuple[Page, str]]) -> Page | Refusal:
        """The page that `read` makes of the body, which says where it was, or why there is none; `read` raises NoPageError.

        A code counts where it stands on the way to what was read; where nothing could be read, any code says why. What the body
        shows counts nevertheless: that of a private account may still have the profile. But a list of a subject that has nothing to
        give is not the subject's.
        """
        try:
            body = _lenient_object(answer) if answer.status == CODED else self._object(answer)
        except NoPageError as error:
            return self._end_or(ask, error.refusal)
        try:
            (page, path), why = read(body), None
        except NoPageError as error:
            page, path, why = None, None, error.refusal
        code = own_code(body, path)
        if code or answer.status == CODED or body.get("status") == "error":
            refusal = self._refused(answer, body, code)
            shows = page is not None and any(seen.problem is None for seen in page.observations)
            counts = shows and code and (ask.feed in SINGLE or refusal.failure is not Failure.SKIP)
            return page if page is not None and counts else self._end_or(ask, refusal)
        return page if page is not None else self._end_or(ask, why or self._refused(answer, body, code))

    def _end_or(self, ask: Ask, refusal: Refusal) -> Page | Refusal:
        ends = ask.cursor is not None and refusal.code.isdigit() and int(refusal.code) in TIKTOK_CODES.ends_list
        return Page((), None) if ends else refusal

    def _object(self, answer: Answer) -> dict[str, Any]:
        if not 200 <= answer.status < 300:
            body = _lenient_object(answer)
            raise NoPageError(self._refused(answer, body, own_code(body)))
        return json_object(answer)

    def _refused(self, answer: Answer, body: Mapping[str, Any], code: OwnCode | None) -> Refusal:
        own, said_by = (code.number, [code.part, body]) if code else (0, [body])
        given = next((part[name] for part in said_by for name in _MESSAGES if part.get(name)), None)
        message = _one_line(given) if isinstance(given, str) else f"HTTP {answer.status}"
        if code and "." in code.path:
            message = f"{code.path}: {message}"
        wait_s = retry_after_s(answer)
        # A status other than these says more than a code: a 429 is a limit whatever TikTok had said.
        if own and (200 <= answer.status < 300 or answer.status == CODED or answer.status not in self.http.classes):
            unknown = f"unknown_{own}" if 0 < own < _LARGEST_CODE else "unknown_code"
            failure, reason = TIKTOK_CODES.classes.get(own, (Failure.RETRY, unknown))
            retries = TIKTOK_CODES.unknown_retries if reason == unknown and own in TIKTOK_CODES.unknown else None
            wait_s = _or(wait_s, TIKTOK_CODES.retry_after_s.get(own))
            return Refusal(failure, str(own)[:20], reason, message, wait_s, retries)
        status = answer.status
        if 200 <= status < 300:
            return Refusal(Failure.RETRY, str(status), "error_body", message, wait_s)
        failure, reason = self.http.classes.get(status, (Failure.RETRY, f"unknown_{status}"))
        wait_s = _or(wait_s, self.http.retry_after_s.get(status))
        if status == 400:
            failure, reason, message = self._bad_request(failure, reason, message, body)
        elif status == 429:
            reason = next((named for word, named in self.http.limit_words.items() if word in message.lower()), reason)
            if wait_s is not None and wait_s <= self.http.pace_s:
                failure, reason = Failure.RETRY, "rate_limited"
        return Refusal(failure, str(status), reason, message, wait_s)

    def _bad_request(self, failure: Failure, reason: str, message: str, body: Mapping[str, Any]) -> tuple[Failure, str, str]:
        fields = body.get("fields")
        if not isinstance(fields, Mapping) or not fields:
            return failure, reason, message
        message = _one_line("; ".join([message, *(f"{name}: {text}" for name, text in fields.items())]))
        names = {str(name) for name in fields}
        if self.http.key_fields & {name.lower() for name in names}:
            return Failure.FATAL, "key_refused", message
        if names <= self.http.bad_subject_fields:
            return Failure.SKIP, "bad_subject", message
        if names <= self.http.bad_cursor_fields:
            return Failure.SKIP, "bad_cursor", message
        return failure, reason, message


@dataclass(frozen=True)
class OwnCode:
    """TikTok's code in a body, the object that has it, and its path."""

    number: int
    part: Mapping[str, Any]
    path: str


def own_code(body: Mapping[str, Any], way: str | None = None) -> OwnCode | None:
    """TikTok's code in a body or in what an envelope holds, the outer one first; None where there is none or it says success.

    Only in the objects that lead to the path `way`, if it is given: others have codes of their own, of logs for example. TikTok's
    own success ends the search. An envelope's own `code` counts where it is one of TikTok's.
    """
    for number, (path, part) in enumerate((at.path, at.body) for at in envelopes(body)):
        if number >= _LOOKED_AT or path.count(".") > 2:
            break
        if way is not None and path and way != path and not way.startswith(f"{path}."):
            continue
        for name in ("statusCode", "status_code", "code"):
            code = whole(part.get(name))
            if code and code not in _SUCCESS and (name != "code" or code in TIKTOK_CODES.unknown):
                return OwnCode(code, part, joined(path, name))
        if 0 in (whole(part.get("statusCode")), whole(part.get("status_code"))):
            break
    return None


def _lenient_object(answer: Answer) -> dict[str, Any]:
    try:
        return json_object(answer)
    except NoPageError:
        return {}


def _one_line(text: str) -> str:
    plain = re.sub(r"\s+", " ", text.encode("utf-8", "replace").decode()).strip()
    return plain if len(plain) <= _LONGEST_MESSAGE else plain[:_LONGEST_MESSAGE] + "..."


def _or(value: float | None, default: float | None) -> float | None:
    return default if value is None else value
