"""Captured responses, bare or in the envelope of the raw landing, read by the dialects that pollers read with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from connectors.upstream.catalog import UPSTREAMS, Dialect
from connectors.upstream.codes import CODED, own_code
from connectors.upstream.fields import found, whole
from connectors.upstream.json_text import parsed, spelled
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Feed, Observation, Refusal, Told
from connectors.upstream.shapes import DEEPEST_ENVELOPE, end_of, joined, within
from connectors.upstream.tables import REQUEST


class CapturedError(Exception):
    """A line that is no response. The text is `path: reason`, like `payload.videos: expected a list, found null`."""


@dataclass(frozen=True)
class Captured:
    """What one line holds. Problems of observations say where in the line, like `payload.videos[3].play_count: ...`.

    `skipped` says why a response has nothing to give that a poller would take: an HTTP error, a code of the upstream's own, a feed
    that fills no topic. It is "" otherwise.
    """

    observations: tuple[Observation, ...] = ()
    skipped: str = ""


def read_captured(line: str, upstream: str = "", received_ms: int | None = None) -> Captured:
    """Reads a body, or an envelope `{upstream, endpoint, request_param, ingested_at, http_status, payload}` of one, as JSON.

    All of the envelope but `payload` may be missing. `payload` is an object or the response's text, `request_param` like
    `count=35&userid=1` or the subject alone, `ingested_at` Unix ms or ISO 8601. What the line does not say is taken from `upstream`
    and `received_ms`; upstream and endpoint, where nobody says them, are told by the keys of the body. Raises CapturedError.
    """
    envelope = _object(line, "(line)")
    if "payload" not in envelope:
        return _all(_asked({}, upstream, envelope, "(line)"), line, 200, _received_ms(envelope, received_ms), "(line)", "")
    status = whole(envelope.get("http_status", 200))
    if status is None:
        raise CapturedError(f"http_status: expected an integer, {found(envelope['http_status'])}")
    if status == CODED:
        return _coded(envelope, upstream, received_ms)
    if not 200 <= status < 300:
        return Captured(skipped=f"http_status {status}")
    return _landed(envelope, upstream, status, received_ms)


def _coded(envelope: Mapping[str, Any], upstream: str, received_ms: int | None) -> Captured:
    """What the answer shows nevertheless, as that of a private account."""
    try:
        captured = _landed(envelope, upstream, CODED, received_ms)
    except CapturedError:
        captured = Captured()
    return captured if captured.observations else Captured(skipped=f"http_status {CODED}")


def _landed(envelope: Mapping[str, Any], upstream: str, status: int, received_ms: int | None) -> Captured:
    payload = envelope["payload"]
    asked = _asked(envelope, upstream, payload, "payload")
    text = payload if isinstance(payload, str) else spelled(payload)
    return _all(asked, text, status, _received_ms(envelope, received_ms), "payload", "payload.")


def _all(responses: Sequence[_Response], text: str, status: int, received_ms: int, path: str, inside: str) -> Captured:
    """What all of `responses` hold. A single one is read as pollers read it, its envelopes included; they look into no list."""
    if len(responses) == 1 and "[" not in responses[0].path:
        return _read_alike(responses[0].asked, text, status, received_ms, path, inside)
    read = []
    for one in responses:
        where = joined(inside.strip("."), one.path) or path
        within_it = f"{inside}{one.path}." if one.path else inside
        read.append(_read_alike(one.asked, spelled(one.body), status, received_ms, where, within_it))
    skipped = ", ".join(dict.fromkeys(one.skipped for one in read if one.skipped))
    return Captured(tuple(seen for one in read for seen in one.observations), skipped)


def _read_alike(asked: Sequence[tuple[Dialect, Ask]], text: str, status: int, received_ms: int, path: str, inside: str) -> Captured:
    """What all of `asked` read. Whose response it is matters only where they disagree."""
    first, *others = (_read(dialect, ask, text, status, received_ms, path, inside) for dialect, ask in asked)
    if any(str(other) != str(first) for other in others):
        names = " or ".join(dialect.name for dialect, _ in asked)
        raise CapturedError(f"{path}: may be of {names}: say which, with --upstream or in the line")
    if isinstance(first, CapturedError):
        raise first
    return first


def _read(dialect: Dialect, ask: Ask, text: str, status: int, received_ms: int, path: str, inside: str) -> Captured | CapturedError:
    read = dialect.read(ask, Answer(status, {}, text.encode("utf-8", "surrogatepass"), received_ms))
    if isinstance(read, Refusal):
        if read.code != str(status):  # the upstream's own words, not the dialect's
            return Captured(skipped=f"{read.reason} ({read.code})")
        named = read.reason == "unexpected_shape" and not read.message.startswith("body: ")
        return CapturedError(inside + read.message if named else f"{path}: {read.message.removeprefix('body: ')}")
    if ask.feed in RAW_ONLY:
        return Captured(skipped=f"no topic holds {ask.feed.value}")
    return Captured(
        tuple(seen if seen.problem is None else replace(seen, problem=_in_line(seen.problem, inside)) for seen in read.observations)
    )


def _in_line(problem: str, inside: str) -> str:
    return problem if problem.startswith(f"{REQUEST}:") else inside + problem


@dataclass(frozen=True)
class _Response:
    """An object that is somebody's response, where it is, and to what it may be."""

    path: str
    body: Mapping[str, Any]
    asked: Sequence[tuple[Dialect, Ask]]


def _asked(envelope: Mapping[str, Any], upstream: str, body: object, path: str) -> Sequence[_Response]:
    """Whose responses these may be, and to what: as the envelope says, else as the keys of `body` tell, which may still be text."""
    name, endpoint = str(envelope.get("upstream") or upstream), envelope.get("endpoint")
    if name and name not in UPSTREAMS:
        raise CapturedError(f"upstream: no {name[:40]!r} is known: there are {', '.join(sorted(UPSTREAMS))}")
    dialects = [UPSTREAMS[name]] if name else list(UPSTREAMS.values())
    params = _params(envelope.get("request_param"))
    if isinstance(endpoint, str):
        address = urlsplit(endpoint)
        given = {**_params(address.query), **params}
        known = [(dialect, ask) for dialect in dialects if (ask := dialect.asked(address.path, given)) is not None]
        if known:
            return [_Response("", {}, known)]
        # Parameters of an endpoint that nobody knows may mean anything.
        params = {}
    tree = _object(body, path) if isinstance(body, str) else body
    if not isinstance(tree, Mapping):
        raise CapturedError(f"{path}: expected an object, {found(tree)}")
    responses = list(_responses("", tree, dialects, params, Told.ITEM))
    if not responses and end_of(tree) is None:
        responses = list(_responses("", tree, dialects, params, Told.LISTS))
    if responses or end_of(tree) is not None:
        return responses
    if own_code(tree):
        # It says why there is nothing, whatever was asked.
        return [_Response("", tree, [(dialect, Ask(Feed.PROFILE, "")) for dialect in dialects])]
    keys = ", ".join(sorted(map(str, tree))[:5])[:100] or "no keys"
    say_it = "give its `endpoint` in the line, and for replies `comment_id` in `request_param`"
    raise CapturedError(f"{path}: is no known response ({keys}): {say_it}")


def _responses(
    path: str,
    value: Mapping[str, Any] | list[Any],
    dialects: Sequence[Dialect],
    params: Mapping[str, str],
    by: Told,
    depth: int = 0,
) -> Iterator[_Response]:
    """Every response within `value`: itself, else those that its envelopes hold. An item of a list is none by itself."""
    if isinstance(value, Mapping):
        told = [[(dialect, at) for at in dialect.endpoints_of(value, params, by)] for dialect in dialects]
        for alike in zip_longest(*told):
            asks = [(one[0], ask) for one in alike if one and (ask := one[0].asked(one[1], params)) is not None]
            yield _Response(path, value, asks)
        if any(told):
            return
    if depth < DEEPEST_ENVELOPE:
        inner_by = Told.NAMES if isinstance(value, list) and by is Told.ITEM else Told.ITEM if by is Told.NAMES else by
        for where, inner in within(path, value):
            yield from _responses(where, inner, dialects, params, inner_by, depth + 1)


def _params(given: object) -> Mapping[str, str]:
    """The parameters of a request as the raw landing writes them: values are not quoted, so nothing is unquoted."""
    if isinstance(given, str) and given.lstrip().startswith("{"):
        given = _object(given, "request_param")
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items() if isinstance(value, str | int)}
    if not isinstance(given, str | int) or given == "":
        return {}
    text = str(given).removeprefix("?")
    return dict(part.partition("=")[::2] for part in text.split("&")) if "=" in text else {"": text}


def _received_ms(envelope: Mapping[str, Any], received_ms: int | None) -> int:
    given = envelope.get("ingested_at")
    if given is None:
        if received_ms is None:
            raise CapturedError("ingested_at: is missing: it is not in the line, and --ingested-at is not given")
        return received_ms
    number = whole(given.strip() if isinstance(given, str) else given)
    if number is not None:
        return number
    try:
        moment = datetime.fromisoformat(given.strip())
    except (AttributeError, ValueError):
        raise CapturedError(f"ingested_at: expected ISO 8601 or Unix milliseconds, {found(given)}") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _object(text: str, path: str) -> Mapping[str, Any]:
    try:
        value = parsed(text)
    except (ValueError, RecursionError) as error:
        raise CapturedError(f"{path}: is not JSON: {error}"[:300]) from error
    if not isinstance(value, dict):
        raise CapturedError(f"{path}: expected an object, {found(value)}")
    return value
