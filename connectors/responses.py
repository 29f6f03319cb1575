"""Turns bodies of the upstream API into records of the topics: names, nesting and types as upstream gives them, to Avro's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

POSTS = "tiktok.posts.events"
USERS = "tiktok.users.snapshots"
COMMENTS = "tiktok.comments.events"

_REQUIRED = object()


@dataclass(frozen=True)
class Problem:
    """Why something was not taken. `field` is its path in the line, e.g. `payload.videos[3].play_count`."""

    field: str
    reason: str


@dataclass
class Parsed:
    """What one response holds. `defaulted` counts attributes that upstream left out and that were filled in, by name.

    `skipped` says why a whole response was passed over on purpose (an HTTP error), "" otherwise.
    """

    records: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    defaulted: Counter[str] = field(default_factory=Counter)
    skipped: str = ""


class _Bad(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason


def parse_response(line: str, ingested_at_ms: int | None = None) -> Parsed:
    """The records in one JSON line: a bare body, or an envelope `{endpoint, request_param, ingested_at, http_status, payload}`.

    The kind of body is told by its keys: `videos`, `comments`, `user` + `stats`, or `aweme_id`. `ingested_at` is the envelope's
    (Unix ms or ISO 8601), else the body's, else `ingested_at_ms`. Never raises: what is wrong is in `problems`, and good items of
    a list are kept beside bad ones.
    """
    parsed = Parsed()
    try:
        _parse(line, ingested_at_ms, parsed)
    except _Bad as bad:
        parsed.problems.append(Problem(bad.field, bad.reason))
    return parsed


def _parse(line: str, ingested_at_ms: int | None, parsed: Parsed) -> None:
    body = _object(_json(line, "(line)"), "(line)")
    path, parameter, given = "", None, body.get("ingested_at")
    if "payload" in body:
        status = body.get("http_status")
        if status is not None and _integer(status, "http_status") != 200:
            parsed.skipped = f"http_status {status}"
            return
        parameter = body.get("request_param")
        payload = body["payload"]
        if isinstance(payload, str):  # the raw landing row keeps the response's text
            payload = _json(payload, "payload")
        body, path = _object(payload, "payload"), "payload."
    if given is not None:
        seen_ms = _time_ms(given, "ingested_at")
    elif ingested_at_ms is not None:
        seen_ms = ingested_at_ms
    else:
        raise _Bad("ingested_at", "is missing: it is not in the line, and --ingested-at is not given")
    _Reader(parsed, seen_ms, parameter).read(body, path)


class _Reader:
    """Reads one body into `parsed`."""

    def __init__(self, parsed: Parsed, seen_ms: int, parameter: object) -> None:
        self._parsed = parsed
        self._defaulted: Counter[str] = Counter()  # of the item being read
        self._seen_ms = seen_ms
        # The id that the response was asked for: the author of /user-posts/, the post of /post-comments/.
        self._asked = str(parameter) if isinstance(parameter, (str, int)) and str(parameter).isdigit() else None

    def read(self, body: Mapping[str, Any], path: str) -> None:
        """Adds the records and problems of `body`; raises _Bad where the whole body is wrong."""
        if "videos" in body:
            self._each(body["videos"], path + "videos", POSTS)
        elif "comments" in body:
            self._each(body["comments"], path + "comments", COMMENTS)
        elif "user" in body and "stats" in body:
            self._take(USERS, self._user(body, path))
        elif "aweme_id" in body:
            self._asked = None  # /post-detail/ is asked by post
            self._take(POSTS, self._post(body, path))
        else:
            keys = ", ".join(sorted(map(str, body))[:5]) or "no keys"
            reason = f"is no known response ({keys}): expected videos, comments, user and stats, or aweme_id"
            raise _Bad(path.rstrip(".") or "(line)", reason)

    def _each(self, items: object, path: str, topic: str) -> None:
        if not isinstance(items, list):
            raise _Bad(path, f"is {_kind(items)}, not a list")
        for index, item in enumerate(items):
            where = f"{path}[{index}]"
            try:
                one = _object(item, where)
                record = self._post(one, where + ".") if topic == POSTS else self._comment(one, where + ".")
                self._take(topic, record)
            except _Bad as bad:
                self._defaulted.clear()
                self._parsed.problems.append(Problem(bad.field, bad.reason))

    def _take(self, topic: str, record: dict[str, Any]) -> None:
        self._parsed.records.append((topic, record))
        self._parsed.defaulted.update(self._defaulted)
        self._defaulted.clear()

    def _post(self, item: Mapping[str, Any], path: str) -> dict[str, Any]:
        author = item.get("author")
        nested = author if isinstance(author, Mapping) else {}
        author_id = _first(item.get("author_id"), item.get("author_user_id"), nested.get("id"), nested.get("userid"), self._asked)
        return {
            "aweme_id": self._text(item, ("aweme_id",), path),
            "region": _optional(item.get("region"), path + "region"),
            "title": self._text(item, ("title",), path, ""),
            "duration": self._number(item, ("duration",), path, 0),
            "play": self._text(item, ("play",), path, ""),
            "wmplay": self._text(item, ("wmplay",), path, ""),
            "hdplay": _optional(item.get("hdplay"), path + "hdplay"),
            "play_count": self._number(item, ("play_count",), path),
            "digg_count": self._number(item, ("digg_count",), path),
            "comment_count": self._number(item, ("comment_count",), path),
            "share_count": self._number(item, ("share_count",), path),
            "download_count": self._number(item, ("download_count",), path, 0),
            "collect_count": self._number(item, ("collect_count",), path, 0),
            "create_time": self._number(item, ("create_time",), path),
            "author_id": self._text({"author_id": author_id} if author_id else {}, ("author_id",), path),
            "ingested_at": self._seen_ms,
        }

    def _comment(self, item: Mapping[str, Any], path: str) -> dict[str, Any]:
        user = _object(item.get("user"), path + "user")
        inner = path + "user."
        video_id = _first(item.get("video_id"), item.get("aweme_id"), self._asked)
        return {
            "id": self._text(item, ("id",), path),
            "video_id": self._text({"video_id": video_id} if video_id else {}, ("video_id",), path),
            "text": self._text(item, ("text",), path),
            "create_time": self._number(item, ("create_time",), path),
            "digg_count": self._number(item, ("digg_count",), path, 0),
            "reply_total": self._number(item, ("reply_total",), path, 0),
            "parent_id": _optional(item.get("parent_id"), path + "parent_id"),
            "user": {
                "id": self._text(user, ("id",), inner),
                "uniqueId": self._text(user, ("uniqueId", "unique_id"), inner, ""),
                "nickname": self._text(user, ("nickname",), inner, ""),
                "region": _optional(user.get("region"), inner + "region"),
            },
            "ingested_at": self._seen_ms,
        }

    def _user(self, body: Mapping[str, Any], path: str) -> dict[str, Any]:
        user, stats = _object(body["user"], path + "user"), _object(body["stats"], path + "stats")
        of_user, of_stats = path + "user.", path + "stats."
        userid = self._text(user, ("id",), of_user)
        return {
            "userid": userid,
            "user": {
                "id": userid,
                "uniqueId": self._text(user, ("uniqueId", "unique_id"), of_user, ""),
                "nickname": self._text(user, ("nickname",), of_user, ""),
                "secUid": self._text(user, ("secUid", "sec_uid"), of_user, ""),
                "verified": self._flag(user, "verified", of_user),
                "privateAccount": self._flag(user, "privateAccount", of_user),
                "region": _optional(user.get("region"), of_user + "region"),
            },
            "stats": {
                "followerCount": self._number(stats, ("followerCount",), of_stats),
                "followingCount": self._number(stats, ("followingCount",), of_stats, 0),
                "heartCount": self._number(stats, ("heartCount", "heart"), of_stats, 0),
                "videoCount": self._number(stats, ("videoCount",), of_stats, 0),
                "diggCount": self._number(stats, ("diggCount",), of_stats, 0),
            },
            "ingested_at": self._seen_ms,
        }

    def _value(self, item: Mapping[str, Any], names: Sequence[str], path: str, default: object) -> Any:
        for name in names:
            if item.get(name) is not None:
                return item[name]
        if default is _REQUIRED:
            raise _Bad(path + names[0], "is null" if names[0] in item else "is missing")
        self._defaulted[names[0]] += 1
        return default

    def _text(self, item: Mapping[str, Any], names: Sequence[str], path: str, default: object = _REQUIRED) -> str:
        return _string(self._value(item, names, path, default), path + names[0])

    def _number(self, item: Mapping[str, Any], names: Sequence[str], path: str, default: object = _REQUIRED) -> int:
        return _integer(self._value(item, names, path, default), path + names[0])

    def _flag(self, item: Mapping[str, Any], name: str, path: str) -> bool:
        value = self._value(item, (name,), path, False)
        if value not in (True, False, 0, 1):
            raise _Bad(path + name, f"is {_kind(value)}, not true or false")
        return bool(value)


def _json(text: str, path: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Bad(path, f"is not JSON: {error}") from error


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Bad(path, "is missing" if value is None else f"is {_kind(value)}, not an object")
    return value


def _string(value: object, path: str) -> str:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can spell and UTF-8 cannot
            raise _Bad(path, "is not valid Unicode") from error
        return value
    if isinstance(value, int) and not isinstance(value, bool):  # ids are numbers in some responses
        return str(value)
    raise _Bad(path, f"is {_kind(value)}, not a string")


def _optional(value: object, path: str) -> str | None:
    return _string(value, path) if value not in (None, "") else None


def _integer(value: object, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) < 20:
            return int(digits)
        raise _Bad(path, f"{value[:40]!r} is not a whole number")
    raise _Bad(path, f"is {_kind(value)}, not a whole number")


def _time_ms(value: object, path: str) -> int:
    if isinstance(value, str) and not value.strip().isdigit():
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise _Bad(path, f"{value[:40]!r} is neither ISO 8601 nor Unix milliseconds") from None
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    return _integer(value, path)


def _first(*values: object) -> object:
    return next((value for value in values if value not in (None, "")), None)


def _kind(value: object) -> str:
    names = {"dict": "an object", "list": "a list", "str": "a string", "bool": "true or false", "NoneType": "null"}
    return names.get(type(value).__name__, "a number")
