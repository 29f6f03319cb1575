"""From the bytes of an answer to its JSON object, and from items to observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from connectors.upstream.fields import BadFieldError, found
from connectors.upstream.json_text import kept, parsed
from connectors.upstream.model import Answer, Failure, Note, Observation, Refusal
from connectors.upstream.records import USERS
from connectors.upstream.requests import SEC_UID_START, numeric

# An item and its path, to the record of a topic and what to count. Raises BadFieldError.
Mapper = Callable[[object, str], tuple[dict[str, Any], tuple[Note, ...]]]


class NoPageError(Exception):
    """Ends the reading of an answer with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def json_object(answer: Answer) -> dict[str, Any]:
    """The body as an object. Raises NoPageError: none of what may come instead (nothing, HTML, half of it) is there to stay."""
    text = answer.body.strip()
    if not text:
        raise NoPageError(_retry(answer, "empty_body", "the body is empty"))
    if text.startswith((b"<", b"\xef\xbb\xbf<")):
        raise NoPageError(_retry(answer, "html_body", "the body is HTML or XML, not JSON"))
    try:
        body = parsed(text)
    except (ValueError, RecursionError) as error:
        raise NoPageError(_retry(answer, "not_json", f"the body is not JSON: {error}"[:200])) from error
    if not isinstance(body, dict):
        raise unexpected_shape(answer, f"body: expected an object, {found(body)}")
    return body


def unexpected_shape(answer: Answer, problem: str) -> NoPageError:
    """JSON that is no answer of this endpoint."""
    return NoPageError(_retry(answer, "unexpected_shape", problem))


def observation(topic: str, item: object, path: str, mapper: Mapper) -> Observation:
    """One item mapped; with its problem, and as received, where it cannot be."""
    try:
        record, notes = mapper(item, path)
    except BadFieldError as error:
        return Observation(topic, kept(item if isinstance(item, dict) else {"item": item}), str(error))
    return Observation(topic, record, notes=notes)


def asked_for(answer: Answer, subject: str, seen: Observation, path: str, coded: bool = False) -> Observation:
    """`seen`, a post or profile by itself, where it may be the one that was asked for. Raises NoPageError where it says otherwise.

    Profiles may be asked for by secUid or handle. These are compared in an answer whose code says that there is no such item: in
    others they may be pseudonyms.
    """
    wanted, record = subject.removeprefix("@"), seen.record
    if seen.problem is not None or not wanted or not (numeric(wanted) or coded):
        return seen
    if seen.topic == USERS:
        user = record["user"]
        name = "id" if numeric(wanted) else "secUid" if wanted.startswith(SEC_UID_START) else "uniqueId"
        path, given = f"{path}.user.{name}" if path else f"user.{name}", user[name]
    else:
        path, given = f"{path}.aweme_id" if path else "aweme_id", record["aweme_id"] if numeric(wanted) else ""
    if given and given.lower() != wanted.lower():
        raise unexpected_shape(answer, f"{path}: expected {wanted[:40]!a}, which was asked for, {found(given)}")
    return seen


def numbered(items: Iterable[object], path: str) -> list[tuple[object, str]]:
    """Items of a list with their paths."""
    return [(item, f"{path}[{index}]") for index, item in enumerate(items)]


def _retry(answer: Answer, reason: str, message: str) -> Refusal:
    return Refusal(Failure.RETRY, str(answer.status), reason, message)
