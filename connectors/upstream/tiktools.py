"""The dialect of tik.tools LIVE over HTTP: what is asked, and what answers say. Pure: no sockets, no clock, no state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from connectors.errors import TokpulseError

NAME: Final = "tiktools"
BASE_URL: Final = "https://api.tik.tools"
# The page allows 100; more than 20 at once is nowhere needed, and the smaller tiers refuse it.
MOST_IN_BULK: Final = 20
MOST_USER_IDS: Final = 20
MOST_HASHTAGS: Final = 50
# How long what an answer says may be used again.
ROOM_ID_S: Final = 30 * 60
USER_ID_S: Final = 24 * 3600
JWT_S: Final = 3600
RANK_TYPES: Final[Mapping[str, str]] = {"hourly": "1", "daily": "8", "popular": "15", "league": "16"}
AUDIENCE: Final = "audience"

# Out of scope, by the beginning of their path. Whoever needs one of them accepts more than the terms of use.
_EXCLUDED: Final[Mapping[str, str]] = {
    "/webcast/sign_url": "URL signing",
    "/webcast/sign_websocket": "URL signing",
    "/webcast/ws_credentials": "URL signing",
    "/captcha": "captcha solving",
    "/webcast/chat": "sending of chat",
    "/webcast/moderation": "moderation",
    "/webcast/user_earnings": "session cookies",
    "/webcast/live_analytics": "session cookies",
    "/webcast/feed": "session cookies",
}


class ExcludedError(TokpulseError):
    """Something that tokpulse does not do at this service, by decision."""


class AnswerError(TokpulseError):
    """An answer that has not what was asked for."""


@dataclass(frozen=True)
class LiveCall:
    """An HTTP request below the base URL, without the key. `body` is JSON; None for a GET."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class LiveState:
    """Whether somebody is on air, and what else the look-up told: `room_id` and `title` may be empty."""

    alive: bool
    room_id: str = ""
    title: str = ""
    viewers: int | None = None
    stale_fix: bool = False


@dataclass(frozen=True)
class Fetched:
    """An answer of the poll: `messages` are envelopes as a socket sends them."""

    room_id: str
    alive: bool
    cursor: str
    messages: Sequence[Any]


def refuse_excluded(path: str) -> None:
    """Raises ExcludedError for a path that is out of scope."""
    for beginning, what in _EXCLUDED.items():
        if path == beginning or path.startswith(f"{beginning}/"):
            raise excluded(what, path)


def excluded(what: str, where: str) -> ExcludedError:
    """The error that names what is out of scope."""
    return ExcludedError(f"{what} is out of scope: {where} is not used", "docs/live.md says what is, and why")


def socket_url(base: str, path: str, params: Mapping[str, str]) -> str:
    """`wss://...` of an HTTP base URL; `ws://` of one that is http."""
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"{parts.path}{path}" or "/", urlencode(params), ""))


def bulk_live_check(handles: Iterable[str]) -> LiveCall:
    """Who of `handles` is on air; MOST_IN_BULK at most."""
    return LiveCall("/webcast/bulk_live_check", body={"unique_ids": list(handles)})


def room_info(handle: str) -> LiveCall:
    """Title, beginning, host and viewers of a room."""
    return LiveCall("/webcast/room_info", body={"unique_id": handle})


def rate_limits() -> LiveCall:
    """What the key may do."""
    return LiveCall("/webcast/rate_limits")


def room_id(handle: str) -> LiveCall:
    """The room of a creator."""
    return LiveCall("/webcast/room_id", body={"unique_id": handle})


def fetch(handle: str, cursor: str) -> LiveCall:
    """Events since `cursor`, which is empty at first."""
    return LiveCall("/webcast/fetch", body={"unique_id": handle, **({"cursor": cursor} if cursor else {})})


def jwt(creators: Iterable[str], max_websockets: int, expire_after: int = JWT_S) -> LiveCall:
    """A token for sockets to `creators`."""
    allowed = sorted(creators)
    return LiveCall(
        "/authentication/jwt",
        body={"expire_after": expire_after, "allowed_creators": allowed, "max_websockets": max_websockets},
    )


def resolve_user_ids(ids: Iterable[str]) -> LiveCall:
    """Handles of numeric ids; MOST_USER_IDS at most."""
    return LiveCall("/webcast/resolve_user_ids", body={"user_ids": list(ids)})


def rankings(handle: str, rank_type: str) -> LiveCall:
    """A list of a room: its own audience by diamonds, or one of RANK_TYPES."""
    if rank_type == AUDIENCE:
        return LiveCall("/webcast/rankings", {"unique_id": handle})
    return LiveCall("/webcast/ranklist/regional", body={"unique_id": handle, "rank_type": RANK_TYPES[rank_type]})


def hashtag_list(count: int) -> LiveCall:
    """The hashtags that most viewers watch."""
    return LiveCall("/webcast/hashtag_list", {"count": str(min(count, MOST_HASHTAGS))})


def data_of(body: object, path: str) -> Any:
    """What an answer has in its envelope. Raises AnswerError; ExcludedError where the service would have us go on with cookies."""
    if not isinstance(body, Mapping):
        raise AnswerError(f"{path}: the answer is no object")
    if body.get("action") == "fetch_signed_url" or "signed_url" in body:
        raise excluded("a request with somebody's session cookies", path)
    if body.get("status_code") not in (0, None):
        said = body.get("message") or body.get("error") or ""
        raise AnswerError(f"{path}: status_code {body['status_code']}{f': {said}' if said else ''}"[:300])
    if "data" not in body:
        raise AnswerError(f"{path}: the answer has no data")
    return body["data"]


def read_states(data: object) -> dict[str, LiveState]:
    """Handle in lower case -> its state: from `{handle: true}`, `{handle: {...}}` or a list of objects. The page shows them all."""
    if isinstance(data, Mapping):
        return {str(name).lower(): _state(value) for name, value in data.items()}
    if isinstance(data, list):
        return {str(one["unique_id"]).lower(): _state(one) for one in data if isinstance(one, Mapping) and one.get("unique_id")}
    raise AnswerError("/webcast/bulk_live_check: the answer names nobody")


def read_state(data: object) -> LiveState:
    """Of one creator: an object, or a list with one."""
    return _state(data[0] if isinstance(data, list) and data else data)


def read_limits(data: object) -> tuple[str, int | None, int | None, int]:
    """(tier, requests per minute, sockets at once, sockets that are open now); None where the answer does not say."""

    def number(part: str, name: str) -> int | None:
        found = data.get(part) if isinstance(data, Mapping) else None
        value = found.get(name) if isinstance(found, Mapping) else None
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    tier = data.get("tier") if isinstance(data, Mapping) else ""
    return str(tier or ""), number("api", "limit"), number("websocket", "limit"), number("websocket", "current") or 0


def read_jwt(data: object) -> str:
    """The token."""
    token = data.get("token") if isinstance(data, Mapping) else None
    if not isinstance(token, str) or not token:
        raise AnswerError("/authentication/jwt: the answer has no token")
    return token


def read_user_ids(data: object) -> dict[str, str | None]:
    """Id -> handle in lower case, None for an account that is gone. Objects by id, or a list of them, which the page both shows."""
    items = data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()
    found: dict[str, str | None] = {}
    for one in items:
        if isinstance(one, Mapping) and (number := one.get("userId") or one.get("user_id")):
            name = one.get("username") or one.get("unique_id")
            found[str(number)] = str(name).lower() if name else None
    return found


def _state(value: object) -> LiveState:
    if isinstance(value, Mapping):
        viewers = next((value[name] for name in ("userCount", "user_count") if isinstance(value.get(name), int)), None)
        room = value.get("room_id")
        return LiveState(
            value.get("alive") is True,
            str(room) if room else "",
            str(value.get("title") or ""),
            viewers,
            value.get("stale_fix") is True,
        )
    return LiveState(value is True)
