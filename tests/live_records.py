"""Seeded records of LIVE rooms with all that goes wrong: cut combos, repeats, connections that overlap, are killed or missing."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

BEGIN = round(datetime(2026, 3, 10, 10, tzinfo=UTC).timestamp() * 1000)
COMBOS = 1_000
Record = dict[str, Any]


def event(room: str, kind: str, number: int, at: int, **fields: Any) -> Record:
    return {"room_id": room, "event": kind, "event_id": f"m:{number}", "connection_id": "c1", "ingested_at": at, **fields}


def cut_combos(seed: int) -> tuple[list[tuple[int, Record]], int]:
    """(offset, record) of combos, each cut by a disconnect at some point and told again in part, and their diamonds."""
    chance = random.Random(seed)
    told: list[tuple[int, Record]] = []
    worth = 0
    for number in range(COMBOS):
        size, each, at = chance.randint(1, 12), chance.choice((1, 5, 100)), BEGIN + number * 1_000
        cut, lost = chance.randint(1, size), chance.random() < 0.3
        # The same viewer gives the same gift again 12 s later.
        room, user, gift = f"combos{number % 3}", f"u{number % 4}", str(number % 2)
        events = [
            event(room, "gift", 100 * number + count, at + 20 * count, user_id=user, gift_id=gift, repeat_count=count,
                  diamond_count=each, repeat_end=count == size)
            for count in range(1, size + 1)
        ]  # fmt: skip
        # Of one gift, cut off from the rest of its combo, nobody can tell that the next is not its repeat.
        heard = events[: max(cut, 2)] if lost else events
        # What was told before the cut, then again from anywhere before it on, by the connection that came next.
        before, again = heard[:cut], heard[chance.randint(0, cut) :]
        worth += each * heard[-1]["repeat_count"]
        told += [(0, one) for one in before]
        told += [(0, {**one, "connection_id": "c2", "ingested_at": one["ingested_at"] + 5_000}) for one in again]
    told.sort(key=lambda pair: pair[1]["ingested_at"])
    return [(offset, one) for offset, (_, one) in enumerate(told)], worth


KINDS = ("chat", "chat", "like", "member", "social", "roomUserSeq", "subscribe", "gift", "envelope", "surprise")


def broadcast(room: str, seed: int) -> tuple[list[tuple[int, Record]], list[Record]]:
    """A quarter of an hour: connections that end by themselves, killed ones, overlapping ones, and times without any."""
    chance = random.Random(seed)
    check: Record = {"room_id": room, "source": "check"}
    changes: list[Record] = [{**check, "change": "started", "ingested_at": BEGIN}]
    events: list[Record] = []
    at, total = BEGIN + chance.randint(0, 3_000), 0
    while at < BEGIN + 900_000:
        name, begin, end = f"{room}-{at}", at, at + chance.randint(5_000, 240_000)
        source = chance.choice(("websocket", "poll"))
        opened: Record = {"room_id": room, "connection_id": name, "source": source, "connected_at": begin}
        changes.append({**opened, "change": "connected", "ingested_at": begin})
        ticks = range(begin + 10_000, end, 10_000)
        changes += [{**opened, "change": "alive", "ingested_at": tick, "until_at": tick} for tick in ticks]
        if chance.random() < 0.7:
            closed = {"change": "disconnected", "ingested_at": end + 40, "until_at": end, "close_name": "TIKTOK_CLOSED"}
            changes.append({**opened, **closed})
        for when in sorted(chance.randrange(begin, end) for _ in range(chance.randint(0, 200))):
            kind, more = chance.choice(KINDS), chance.randint(1, 15)
            total += more if kind == "like" else 0
            of_kind: dict[str, Record] = {
                "like": {"like_count": more, "total_likes": total},
                "social": {"action": chance.choice(("follow", "share"))},
                "roomUserSeq": {"viewer_count": chance.randint(0, 900)},
                "gift": {"gift_id": "g", "repeat_count": more % 3 + 1, "repeat_end": more > 7, "diamond_count": 10},
            }
            fields = of_kind.get(kind, {}) | {"connection_id": name, "user_id": f"u{chance.randint(1, 9)}"}
            events.append(event(room, kind, len(events), when, **fields))
            if chance.random() < 0.1:
                events.append({**events[-1], "ingested_at": when + chance.randint(0, 3_000)})
        at = end + chance.choice((-2_000, 0, 700, 30_000, 200_000))
    changes.append({**check, "change": "ended", "ingested_at": at + 150_000, "close_name": "NOT_LIVE"})
    # Captions are another stream: they cover nothing.
    captions = {"source": "captions", "connection_id": "k", "connected_at": BEGIN, "ingested_at": BEGIN}
    changes.append({**check, **captions, "change": "connected"})
    events.append(event(room, "caption", len(events), at + 60_000, connection_id="k"))
    events.sort(key=lambda one: one["ingested_at"])
    return list(enumerate(events)), changes
