"""Frames of tik.tools' sockets as records of `tiktok.live.events`. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

TOPIC: Final = "tiktok.live.events"
ROOM_INFO: Final = "roomInfo"
ROOMLESS: Final = "0"
# Seconds since 1970 have fewer digits than milliseconds of any time that matters here.
_MILLISECONDS_FROM: Final = 10**11
_SECONDS_FROM: Final = 10**9
_MESSAGE_ID: Final = ("msgId", "messageId")
_SENT_AT: Final = ("createTime", "timestamp")
_COUNT, _TEXT, _ID, _FLAG, _JSON = "count", "text", "id", "flag", "json"
_LARGEST: Final = 2**62

# Event -> upstream's field -> the record's field and what it has to be. What is something else stays in the payload.
FIELDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "chat": {"comment": ("text", _TEXT)},
    "like": {"likeCount": ("like_count", _COUNT), "totalLikes": ("total_likes", _COUNT)},
    "gift": {
        "giftId": ("gift_id", _ID),
        "giftName": ("gift_name", _TEXT),
        "repeatCount": ("repeat_count", _COUNT),
        "repeatEnd": ("repeat_end", _FLAG),
        "diamondCount": ("diamond_count", _COUNT),
        "groupId": ("group_id", _ID),
    },
    "member": {"action": ("action", _ID)},
    "social": {"action": ("action", _ID)},
    "roomUserSeq": {"viewerCount": ("viewer_count", _COUNT), "totalViewers": ("total_viewers", _COUNT)},
    "subscribe": {"subMonth": ("sub_month", _COUNT)},
    "emoteChat": {"emoteId": ("subject_id", _ID)},
    "battle": {
        "battleId": ("subject_id", _ID),
        "status": ("battle_status", _COUNT),
        "battleDuration": ("battle_duration", _COUNT),
        "teams": ("teams", _JSON),
    },
    "question": {"questionText": ("text", _TEXT)},
    "control": {"action": ("action", _ID)},
    "envelope": {"envelopeId": ("subject_id", _ID), "diamondCount": ("diamond_count", _COUNT)},
    "roomPin": {"comment": ("text", _TEXT), "action": ("action", _ID), "originalMsgId": ("subject_id", _ID)},
    "caption": {
        "text": ("text", _TEXT),
        "speaker": ("speaker", _TEXT),
        "isFinal": ("is_final", _FLAG),
        "language": ("language", _TEXT),
    },
    "translation": {"text": ("text", _TEXT), "speaker": ("speaker", _TEXT), "targetLanguage": ("language", _TEXT)},
    "credits": {"remaining": ("score", _COUNT)},
    "credits_low": {"remaining": ("score", _COUNT)},
    "ranking": {
        "rank": ("rank", _COUNT),
        "score": ("score", _COUNT),
        "rankType": ("rank_type", _TEXT),
        "listId": ("subject_id", _ID),
    },
    "hashtag": {
        "rank": ("rank", _COUNT),
        "id": ("subject_id", _ID),
        "title": ("text", _TEXT),
        "user_count": ("viewer_count", _COUNT),
    },
}
_USER: Final = {"id": "user_id", "uniqueId": "user_unique_id", "nickname": "user_nickname"}
_UNKNOWN: Final[Mapping[str, tuple[str, str]]] = {"comment": ("text", _TEXT), "action": ("action", _ID)}
NULLS: Final[Mapping[str, None]] = dict.fromkeys(
    sorted(
        {*_USER.values(), *(to for fields in FIELDS.values() for to, _ in fields.values()), "star_claps", "star_score", "sent_at"}
    )
)


class BadFrameError(ValueError):
    """A frame that is no event; the text says why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: its name, and its fields."""

    event: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Room:
    """Where an event happened. `host_id` is empty where it is not known."""

    room_id: str
    host: str
    host_id: str = ""


def read_frame(text: str | bytes) -> Frame:
    """The event of a message: `{event, data}`, or with its fields beside its name as roomInfo and captions have them."""
    try:
        return frame_of(json.loads(text))
    except RecursionError:
        raise BadFrameError("nested too deeply") from None
    except ValueError as error:
        raise error if isinstance(error, BadFrameError) else BadFrameError(f"not JSON: {error}") from None


def frame_of(message: object) -> Frame:
    """As `read_frame`, of parsed JSON."""
    if not isinstance(message, dict):
        raise BadFrameError(f"{type(message).__name__}, not an object")
    name = message.get("event") or message.get("type")
    if not isinstance(name, str) or not name:
        raise BadFrameError("no event is named")
    data = message.get("data")
    if data is None:
        return Frame(name, {key: value for key, value in message.items() if key not in ("event", "type")})
    if not isinstance(data, dict):
        raise BadFrameError(f"data of {name} is {type(data).__name__}, not an object")
    return Frame(name, data)


def known(event: str) -> bool:
    """Whether the event has fields of its own in the topic."""
    return event in FIELDS


def plain_digest(text: str) -> str:
    """Of content, where names are kept as they are."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def identity(frame: Frame, received_ms: int, digest: Callable[[str], str] = plain_digest) -> tuple[str, str]:
    """(what the event and its repeats have in common, its content where nothing but the second of receipt tells them apart).

    By the message's id, else by content and upstream's second (0 where the content has a total), else by content and the second
    of receipt.
    """
    data = frame.data
    for name in _MESSAGE_ID:
        number = data.get(name)
        if number and isinstance(number, str | int):
            return f"m:{number}", ""
    content = digest(json.dumps([frame.event, data], sort_keys=True, separators=(",", ":")))[:32]
    sent_ms = sent_at(data)
    if sent_ms is not None:
        return f"c:{content}:{sent_ms // 1000}", ""
    if "totalLikes" in data:
        # A total that only grows: the same one is the same event, whenever it comes.
        return f"c:{content}:0", ""
    return f"r:{content}:{received_ms // 1000}", content


def sent_at(data: Mapping[str, Any]) -> int | None:
    """Upstream's own time, Unix milliseconds; None where there is none that could be one."""
    for name in _SENT_AT:
        value = data.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and _SECONDS_FROM <= value < _LARGEST:
            return value if value >= _MILLISECONDS_FROM else value * 1000
    return None


def record_of(frame: Frame, room: Room, event_id: str, connection_id: str, seq: int, received_ms: int) -> dict[str, Any]:
    """The record of an event. What is missing or of another type is null, and then in the payload."""
    record: dict[str, Any] = {
        "room_id": room.room_id,
        "event": frame.event,
        "event_id": event_id,
        "host_id": room.host_id or None,
        "host_unique_id": room.host,
        "connection_id": connection_id,
        "connection_seq": seq,
        **NULLS,
    }
    rest = dict(frame.data)
    if rest.get("type") == frame.event:
        del rest["type"]
    record["sent_at"] = sent_at(rest)
    fields = FIELDS.get(frame.event, _UNKNOWN)
    for name, (to, kind) in fields.items():
        if name in rest and (value := _read(kind, rest[name])) is not None:
            record[to] = value
            del rest[name]
    user = rest.get("user")
    if isinstance(user, dict):
        _take_user(user, rest, record)
    starred = rest.get("starred")
    if frame.event == "chat" and isinstance(starred, dict):
        record["star_claps"], record["star_score"] = _read(_COUNT, starred.get("claps")), _read(_COUNT, starred.get("score"))
        if record["star_claps"] is not None and record["star_score"] is not None:
            del rest["starred"]
    for name in (*_MESSAGE_ID, *_SENT_AT):
        rest.pop(name, None)
    record["payload"] = json.dumps(rest, separators=(",", ":")) if rest else "{}"
    record["ingested_at"] = received_ms
    return record


def ranking_frames(data: object, rank_type: str, list_id: str) -> Iterator[Frame]:
    """An event per place of a list."""
    found = data.get("rankings") or data.get("ranks") if isinstance(data, Mapping) else data
    for place, one in enumerate(found if isinstance(found, list) else (), start=1):
        if isinstance(one, Mapping):
            yield Frame("ranking", {"rank": place, **one, "rankType": rank_type, "listId": list_id})


def hashtag_frames(data: object, list_id: str) -> Iterator[Frame]:
    """An event per hashtag of the list."""
    for place, one in enumerate(data if isinstance(data, list) else (), start=1):
        if isinstance(one, Mapping):
            yield Frame("hashtag", {**one, "rank": place, "list_id": list_id})


def _take_user(user: Mapping[str, Any], rest: dict[str, Any], record: dict[str, Any]) -> None:
    left = dict(user)
    for name, to in _USER.items():
        value = _read(_ID, left.get(name))
        if value is not None:
            record[to] = value
            del left[name]
    if left:
        rest["user"] = left
    else:
        del rest["user"]


def _read(kind: str, value: Any) -> Any:
    if kind == _TEXT:
        return value if isinstance(value, str) else None
    if kind == _FLAG:
        return value if isinstance(value, bool) else None
    if kind == _JSON:
        return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else None
    if isinstance(value, bool):
        return None
    if kind == _COUNT:
        return value if isinstance(value, int) and 0 <= value <= _LARGEST else None
    return str(value) if isinstance(value, str | int) and value != "" else None
