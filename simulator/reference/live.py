"""Expected rows of `live_gifts`, `live_gaps` and `live_minute`, from records of the LIVE topics. Times are Unix milliseconds.

Of an event that was told more than once the first time counts. Rooms are kept apart, and within one everything goes by the order in
which events were first told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MINUTE = 60_000
SILENCE = 60_000
Event = Mapping[str, Any]
# Told by other connections than those that cover a room.
_ASIDE = {"caption", "translation", "credits", "credits_low", "ranking", "hashtag"}
_COVERING = {"websocket", "poll"}


def first_told(events: Iterable[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """(offset, record) of each event once, in the order in which they were first told; of its repeats nothing else matters."""
    known: dict[tuple[str, str], tuple[int, Event]] = {}
    for offset, event in events:
        key = (event["room_id"], event["event_id"])
        if key not in known or (event["ingested_at"], offset) < (known[key][1]["ingested_at"], known[key][0]):
            known[key] = (offset, event)
    return sorted(known.values(), key=lambda told: (told[1]["ingested_at"], told[0]))


def person(event: Event) -> str:
    """Who did it, by id or else by handle."""
    return event.get("user_id") or event.get("user_unique_id") or ""


def gifts(events: Iterable[tuple[int, Event]]) -> list[dict[str, Any]]:
    """A row per combo: `{room_id, person, gift_id, began_at, ended_at, repeat_count, diamonds, has_ended}`, in no order."""
    open_combos: dict[tuple[str, ...], dict[str, Any]] = {}
    done = []
    for _, event in first_told(events):
        if event["event"] != "gift":
            continue
        at, count = event["ingested_at"], _or(event, "repeat_count", 1)
        key = (event["room_id"], person(event), event.get("gift_id") or "", event.get("group_id") or "")
        combo = open_combos.get(key)
        if combo is None or (not key[3] and _is_over(combo, at, count)):
            named = dict(zip(("room_id", "person", "gift_id"), key, strict=False))
            combo = open_combos[key] = {**named, "began_at": at, "repeat_count": 0, "each": 0, "has_ended": 0}
            done.append(combo)
        combo["ended_at"] = at
        combo["repeat_count"] = max(combo["repeat_count"], count)
        combo["each"] = max(combo["each"], _or(event, "diamond_count", 0))
        combo["has_ended"] = int(bool(combo["has_ended"] or event.get("repeat_end")))
    return [{**combo, "diamonds": combo["repeat_count"] * combo["each"]} for combo in done]


def _is_over(combo: dict[str, Any], at: int, count: int) -> bool:
    return bool(combo["has_ended"] or count < combo["repeat_count"] or at - combo["ended_at"] > SILENCE)


def gaps(changes: Iterable[Event], events: Iterable[tuple[int, Event]]) -> dict[str, list[tuple[int, int]]]:
    """By room the times (from, to) in which it was on air, as far as is known, and no connection was open."""
    spans: dict[str, dict[str, list[int]]] = defaultdict(dict)
    bounds: dict[str, list[int]] = defaultdict(list)
    closed: set[tuple[str, str]] = set()
    for change in sorted(changes, key=lambda change: change["ingested_at"]):
        room, kind, connection = change["room_id"], change["change"], change.get("connection_id") or ""
        if kind in ("started", "ended"):
            bounds[room].append(change["ingested_at"])
        elif change["source"] in _COVERING:
            until = change.get("until_at") or change["ingested_at"]
            span = spans[room].setdefault(connection, [change["connected_at"], until])
            if kind == "disconnected":
                span[1] = until
                closed.add((room, connection))
            elif (room, connection) not in closed:
                span[1] = max(span[1], until)
    for _, event in events:
        span = spans.get(event["room_id"], {}).get(event["connection_id"], [])
        if span and (event["room_id"], event["connection_id"]) not in closed:
            span[1] = max(span[1], event["ingested_at"])
    return {room: list(_between(sorted(spans[room].values()), bounds[room])) for room in {*spans, *bounds}}


def _between(spans: list[list[int]], bounds: list[int]) -> Iterator[tuple[int, int]]:
    moments = [*bounds, *(moment for span in spans for moment in span)]
    covered = min(moments)
    for begin, end in spans:
        if begin > covered:
            yield covered, begin
        covered = max(covered, end)
    if max(moments) > covered:
        yield covered, max(moments)


def minutes(changes: Iterable[Event], events: Iterable[tuple[int, Event]]) -> dict[tuple[str, int], dict[str, Any]]:
    """Rows by (room_id, minute): what of `live_minute` needs no model. Figures are None where the minute was missed."""
    changes, events = list(changes), list(events)
    found: dict[tuple[str, int], dict[str, Any]] = defaultdict(_nothing)
    seen: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for _, event in first_told(events):
        if event["event"] not in _ASIDE:
            seen[event["room_id"], event["ingested_at"] // MINUTE * MINUTE].append(event)
    for key, told in seen.items():
        found[key].update(_of_events(told))
    for combo in gifts(events):
        row = found[combo["room_id"], combo["ended_at"] // MINUTE * MINUTE]
        row["gifts"] += combo["repeat_count"]
        row["diamonds"] += combo["diamonds"]
    for change in changes:
        if change["change"] in ("connected", "alive", "disconnected") and change["source"] in _COVERING:
            _ = found[change["room_id"], change["ingested_at"] // MINUTE * MINUTE]
    for room, missed in gaps(changes, events).items():
        for begin, end in missed:
            for minute in range(begin // MINUTE * MINUTE, end, MINUTE):
                found[room, minute]["missed_ms"] += min(end, minute + MINUTE) - max(begin, minute)
    for row in found.values():
        if row["missed_ms"] >= MINUTE:
            row.update((name, None) for name in _nothing() if name not in ("missed_ms", "viewers_last", "viewers_max"))
    return dict(found)


def _nothing() -> dict[str, Any]:
    names = ("chats", "chatters", "likes", "new_members", "follows", "shares", "subscriptions", "gifts", "diamonds", "missed_ms")
    return {"viewers_last": None, "viewers_max": None, **dict.fromkeys(names, 0)}


def _of_events(told: list[Event]) -> dict[str, Any]:
    """Figures of one minute, from its events in their order."""
    viewers = [event["viewer_count"] for event in told if event["event"] == "roomUserSeq" and event.get("viewer_count") is not None]
    chats = [event for event in told if event["event"] == "chat"]
    likes = [event for event in told if event["event"] == "like"]
    totals = [event for event in likes if event.get("total_likes") is not None]
    actions = [event.get("action") for event in told if event["event"] == "social"]
    grown = max((event["total_likes"] for event in totals), default=0) - min(
        (event["total_likes"] - _or(event, "like_count", 0) for event in totals), default=0
    )
    return {
        "viewers_last": viewers[-1] if viewers else None,
        "viewers_max": max(viewers, default=None),
        "chats": len(chats),
        "chatters": len({person(event) for event in chats}),
        "likes": grown if totals else sum(_or(event, "like_count", 0) for event in likes),
        "new_members": sum(event["event"] == "member" for event in told),
        "follows": actions.count("follow"),
        "shares": actions.count("share"),
        "subscriptions": sum(event["event"] == "subscribe" for event in told),
    }


def _or(event: Event, name: str, otherwise: int) -> int:
    value = event.get(name)
    return otherwise if value is None else int(value)
