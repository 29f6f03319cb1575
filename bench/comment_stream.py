"""Comments and snapshots of their writers for the comments bench: as many as wanted, in event-time order, from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.state_stream import snapshot
from connectors.kafka.producer import AvroProducer
from simulator.dice import Dice
from simulator.settings import COMMENTS, DEFAULT_START_MS, USERS
from simulator.words import CLAIMS, CLOSERS, OPENERS, REPEATED

FREQUENT = 500
WRITERS = 20_000
POSTS = 2_000
# Each comment is one such step after the one before.
STEP_MS = 20


@dataclass(frozen=True)
class CommentStream:
    """`repeated` of a million comments have one of FREQUENT texts, the others a text of their own."""

    count: int
    repeated: int
    seed: int = 7

    def texts(self) -> Iterator[str]:
        """The text of each comment, in order."""
        dice = Dice(self.seed, "comment texts", self.repeated)
        frequent = [_text(dice, number) if number >= len(REPEATED) else REPEATED[number] for number in range(FREQUENT)]
        for number in range(self.count):
            yield dice.pick(frequent) if dice.chance(self.repeated) else _text(dice, FREQUENT + number)

    def write(self, producer: AvroProducer, progress: Callable[[int, float], None]) -> None:
        """Writes a snapshot of each writer, and then all comments; waits until they are in Kafka."""
        for place in range(WRITERS):
            producer.produce(USERS, snapshot(_writer(place), DEFAULT_START_MS - 1, 10 * place))
        dice = Dice(self.seed, "comments", self.repeated)
        for number, text in enumerate(self.texts()):
            at_ms = DEFAULT_START_MS + number * STEP_MS
            writer = _writer(dice.below(WRITERS))
            producer.produce(
                COMMENTS,
                {
                    "id": str(7_300_000_000_000_000_000 + number),
                    "video_id": str(7_200_000_000_000_000_000 + dice.below(POSTS)),
                    "text": text,
                    "create_time": at_ms // 1000,
                    "digg_count": dice.below(20),
                    "reply_total": 0,
                    "parent_id": None,
                    "user": {"id": writer, "uniqueId": f"user{writer}", "nickname": "a name of usual length", "region": "US"},
                    "ingested_at": at_ms,
                },
            )
            if number % 10_000 == 0:
                progress(number, number / self.count)
        producer.flush()


def _writer(number: int) -> str:
    return str(6_800_000_000_000_000_000 + number)


def _text(dice: Dice, number: int) -> str:
    """As the simulator's comments are, mostly English; the number makes each one new."""
    language = "en" if dice.chance(700_000) else dice.pick(tuple(OPENERS))
    return f"{dice.pick(OPENERS[language])} {dice.pick(CLAIMS[language])}{dice.pick(CLOSERS)} @user{number}"
