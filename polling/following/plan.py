"""A post and a person that are followed, as the plan has them."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.clock import HOUR_MS, MINUTE_MS

# Of one shard. Beyond them the post that has slept longest is left, and the person who was seen least.
MOST_POSTS, MOST_PEOPLE = 20_000, 50_000


@dataclass(slots=True)
class Post:
    """A post on a watched creator's page, `followed` or not. Times in unix milliseconds.

    `creator` is what the watchlist calls its creator. `gain` is in plays per hour, between the last two looks; None after one look.
    `moved_ms` is when it last had other plays than at the look before; of a post that never had, when it was published.
    """

    aweme_id: str
    creator: str
    plays: int
    seen_ms: int
    moved_ms: int
    gain: float | None = None
    followed: bool = False

    def look(self, plays: int, at_ms: int) -> None:
        """It has `plays` at `at_ms`. Two looks within a minute are one: two feeds show the same counter."""
        passed_ms = at_ms - self.seen_ms
        if passed_ms < MINUTE_MS:
            return
        self.gain = max(0, plays - self.plays) * HOUR_MS / passed_ms
        if plays != self.plays:
            self.moved_ms = at_ms
        self.plays, self.seen_ms = plays, at_ms

    def sleeps(self, now_ms: int, after_ms: int) -> bool:
        """Whether nothing has moved for longer than `after_ms`."""
        return now_ms - self.moved_ms > after_ms

    @property
    def rank(self) -> float:
        """What comes first when there is not room for all: what nobody could see move yet, then what gains most."""
        return float("inf") if self.gain is None else self.gain


@dataclass(slots=True)
class Person:
    """Somebody whose posts or comments were seen, and who is not on the watchlist. Times in unix milliseconds.

    `name` is what the upstream is asked by. `seen` counts posts and comments on pages. The profile is read from `due_ms` on, where
    the person was `wanted`: seen since it was last read. `queued`: it waits for its turn, or is being read.
    """

    userid: str
    name: str = field(repr=False)
    is_author: bool
    seen: int
    seen_ms: int
    due_ms: int = 0
    wanted: bool = True
    queued: bool = False

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Who comes first: authors, whose followers decide a verdict; then who was seen most."""
        return self.is_author, self.seen, self.seen_ms
