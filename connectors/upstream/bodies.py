"""From the bytes of an answer to its JSON object, and to lists of observations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from connectors.upstream.fields import BadFieldError, Item, found
from connectors.upstream.model import Answer, Failure, Observation, Refusal

# The path of an item and its fields, to the record of a topic. Raises BadFieldError.
Mapper = Callable[[Item], dict[str, Any]]


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
        body = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NoPageError(_retry(answer, "not_json", f"the body is not JSON: {error}"[:200])) from error
    if not isinstance(body, dict):
        raise unexpected_shape(answer, f"body: expected an object, {found(body)}")
    return body


def json_list(answer: Answer, body: Mapping[str, Any], key: str) -> list[Any]:
    """The list `key` of the body; null, which is how some answers spell an empty page, is an empty one. Raises NoPageError."""
    if key in body and body[key] is None:
        return []
    items = body.get(key)
    if not isinstance(items, list):
        reason = found(items) if key in body else f"found nothing among {', '.join(sorted(body)[:6])[:100] or 'no keys'}"
        raise unexpected_shape(answer, f"{key}: expected a list, {reason}")
    return items


def has_item_with(body: Mapping[str, Any], key: str, name: str) -> bool:
    """Has an item of the list `key` a field of this name?"""
    items = body.get(key)
    return isinstance(items, list) and any(isinstance(item, Mapping) and name in item for item in items)


def unexpected_shape(answer: Answer, problem: str) -> NoPageError:
    """JSON that is no answer of this endpoint."""
    return NoPageError(_retry(answer, "unexpected_shape", problem))


def observations(topic: str, items: Sequence[object], path: str, mapper: Mapper) -> tuple[Observation, ...]:
    """Each of `items` mapped, or with its problem."""
    return tuple(observation(topic, item, f"{path}[{index}]", mapper) for index, item in enumerate(items))


def observation(topic: str, item: object, path: str, mapper: Mapper) -> Observation:
    """One item mapped; with its problem, and as received, where it cannot be."""
    try:
        return Observation(topic, mapper(Item(item, path)))
    except BadFieldError as error:
        return Observation(topic, item if isinstance(item, dict) else {"item": item}, str(error))


def _retry(answer: Answer, reason: str, message: str) -> Refusal:
    return Refusal(Failure.RETRY, str(answer.status), reason, message)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
