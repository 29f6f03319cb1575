"""Seeded broadcasts: who is on air when, and what happens there. The same seed gives the same messages on any machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from connectors.clock import MINUTE_MS, SECOND_MS
from simulator.dice import Dice

Message = dict[str, Any]

_GIFTS: Final = (
    ("5655", "Rose", 1),
    ("5827", "Ice Cream", 1),
    ("6064", "GG", 1),
    ("5660", "Hand Hearts", 100),
    ("6089", "Lion", 29_999),
)
_WORDS: Final = (
    "hello from Berlin",
    "love this song",
    "so good",
    "this is terrible",
    "what game is this",
    "no way",
    "great stream",
    "I hate the lag",
    "again please",
    "happy birthday",
    "boring",
    "the best host",
)
_SPEECH: Final = (
    "Hello everyone, welcome to my stream.",
    "Thank you so much for the roses.",
    "We will start the next round in a minute.",
    "This one is my favourite.",
    "I am not sure that this works.",
    "Follow me if you like it.",
)
# Shares of a hundred messages; viewers are counted every five seconds beside them.
_KINDS: Final = (
    ("chat", 34),
    ("like", 27),
    ("member", 20),
    ("gift", 8),
    ("social", 5),
    ("emoteChat", 3),
    ("subscribe", 1),
    ("question", 1),
    ("envelope", 1),
)
_VIEWERS_EVERY_MS: Final = 5 * SECOND_MS
_BATTLE_EVERY_MS: Final = 10 * MINUTE_MS


@dataclass(frozen=True)
class Show:
    """One broadcast. `messages` are (Unix milliseconds, frame) in order of time; frames are not to be changed."""

    seed: int
    index: int
    room_id: str
    host: str
    host_id: str
    begin_ms: int
    end_ms: int
    per_minute: int

    @cached_property
    def messages(self) -> tuple[tuple[int, Message], ...]:
        """All of it, ended by control 3."""
        found = sorted(self._made(), key=lambda one: one[0])
        return tuple(found)

    def _made(self) -> Iterator[tuple[int, Message]]:
        dice, likes, number = Dice(self.seed, "live show", self.index), 0, 0
        kinds = [kind for kind, share in _KINDS for _ in range(share)]
        at = self.begin_ms
        step = max(1, MINUTE_MS // self.per_minute)
        while (at := at + dice.between(1, 2 * step)) < self.end_ms:
            kind, number = dice.pick(kinds), number + 1
            user = self._user(dice)
            if kind == "like":
                likes += (count := dice.between(1, 15))
                yield at, _frame("like", user=user, likeCount=count, totalLikes=likes)
            elif kind == "gift":
                yield from self._combo(dice, at, number, user)
            else:
                yield at, self._plain(kind, dice, number, user)
        viewers = dice.between(20, 2_000)
        total = 2 * viewers
        for at in range(self.begin_ms, self.end_ms, _VIEWERS_EVERY_MS):
            viewers = max(1, viewers + dice.between(-9, 10))
            total += dice.between(0, 12)
            yield at, _frame("roomUserSeq", totalViewers=total, viewerCount=viewers)
        for at in range(self.begin_ms + _BATTLE_EVERY_MS, self.end_ms, _BATTLE_EVERY_MS):
            teams = [{"hostUserId": self.host_id, "score": dice.below(5_000)}, {"hostUserId": "9001", "score": dice.below(5_000)}]
            yield (
                at,
                _frame("battle", battleId=f"{self.room_id}-{at}", status=1, battleDuration=300, teams=teams, createTime=at // 1000),
            )
        yield self.end_ms, _frame("control", action=3)

    def _combo(self, dice: Dice, at: int, number: int, user: Message) -> Iterator[tuple[int, Message]]:
        gift_id, name, diamonds = dice.pick(_GIFTS)
        count = 1 if diamonds > 1_000 else dice.log_between(1, 64)
        for done in range(1, count + 1):
            if at >= self.end_ms:
                return
            yield (
                at,
                _frame(
                    "gift",
                    user=user,
                    giftId=int(gift_id),
                    giftName=name,
                    repeatCount=done,
                    diamondCount=diamonds,
                    repeatEnd=done == count,
                    msgId=f"{self.room_id}-{number}-{done}",
                ),
            )
            at += dice.between(100, 900)

    def _plain(self, kind: str, dice: Dice, number: int, user: Message) -> Message:
        own: Message = {"msgId": f"{self.room_id}-{number}"}
        if kind == "chat":
            own["comment"] = dice.pick(_WORDS)
            if dice.chance(20_000):
                own["starred"] = {"claps": dice.between(1, 9), "score": dice.between(100, 2_000)}
        elif kind == "member":
            own = {"action": "join"}
        elif kind == "social":
            own["action"] = dice.pick(("follow", "follow", "share"))
        elif kind == "emoteChat":
            own |= {"emoteId": str(dice.below(50)), "emoteUrl": "https://example.invalid/emote"}
        elif kind == "subscribe":
            own["subMonth"] = dice.between(1, 24)
        elif kind == "question":
            own["questionText"] = "What game is this?"
        else:
            own |= {"envelopeId": f"{self.room_id}-e{number}", "diamondCount": dice.between(10, 500)}
            return _frame(kind, **own)
        return _frame(kind, user=user, **own)

    def _user(self, dice: Dice) -> Message:
        number = dice.below(200)
        return {"id": str(7_000_000_000_000 + number), "uniqueId": f"viewer{number}", "nickname": f"Viewer {number}"}


@dataclass(frozen=True)
class LiveWorld:
    """`creators` of which each is on air for `minutes`, off for a fifth of that, and on again, for `shows` times.

    Creator n begins n * `apart_s` seconds after `start_ms`.
    """

    seed: int
    start_ms: int
    creators: int = 3
    minutes: int = 30
    shows: int = 2
    per_minute: int = 60
    apart_s: int = 7

    @cached_property
    def all(self) -> tuple[Show, ...]:
        """Every show."""
        return tuple(self._show(creator, number) for creator in range(self.creators) for number in range(self.shows))

    @cached_property
    def handles(self) -> tuple[str, ...]:
        """Of all creators."""
        return tuple(handle_of(creator) for creator in range(self.creators))

    def show_at(self, handle: str, at_ms: int) -> Show | None:
        """What this creator broadcasts then; None for one who is not on air, or unknown."""
        return next((show for show in self.all if show.host == handle and show.begin_ms <= at_ms < show.end_ms), None)

    def spoken(self, show: Show, number: int) -> str:
        """The sentence of that number."""
        return Dice(self.seed, f"live speech {show.index}", number).pick(_SPEECH)

    def _show(self, creator: int, number: int) -> Show:
        length = self.minutes * MINUTE_MS
        begin = self.start_ms + creator * self.apart_s * SECOND_MS + number * (length + length // 5)
        index = creator * self.shows + number
        host_id = str(6_800_000_000_000_000_000 + creator)
        room_id = str(7_400_000_000_000_000_000 + index * 1_000)
        return Show(self.seed, index, room_id, handle_of(creator), host_id, begin, begin + length, self.per_minute)


def handle_of(creator: int) -> str:
    """Without the sign."""
    return f"live.host{creator}"


def _frame(event: str, **data: Any) -> Message:
    return {"event": event, "data": {"type": event, **data}}
