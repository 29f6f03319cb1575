"""What a simulated universe is made of. Two equal settings give byte-identical records."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.errors import TokpulseError

DEFAULT_START_MS = 1_767_571_200_000  # 2026-01-05T00:00:00Z
# An assumption, not a measurement: a viral post of 1,000 to 10,000 followers gets 55,000 to 450,000 plays. See docs/trending.md.
DEFAULT_VIRAL_FLOOR = 50_000

POSTS = "tiktok.posts.events"
USERS = "tiktok.users.snapshots"
COMMENTS = "tiktok.comments.events"
TOPICS = (POSTS, USERS, COMMENTS)


class SettingsError(TokpulseError):
    """A knob outside its range; the message names it."""


@dataclass(frozen=True)
class SimulationSettings:
    """Times in milliseconds, ratios 0..1. The stream covers `[start_ms, start_ms + hours)` by true time.

    `audience` is the number of commenters, half of whom are ever seen in user snapshots. `idle_partitions` of the posts topic
    (the first ones, of `posts_partitions`) get nothing from `idle_from_hour` on. `clock_skew_ms` bounds how far the clock of
    each of four pollers is off. Out-of-order records arrive up to `max_shift_ms` after their turn, late ones `min_lateness_ms`
    to `max_lateness_ms`; a duplicate follows its original within `max_shift_ms`.

    `gaps` is the share of posts with one to three spans of 1 to 6 hours in which they are not observed, `play_corrections` that
    of posts from which upstream takes plays away once, for some hours or for good, `vanishing` that of posts and of creators whose
    plays or followers are gone for 1 to 5 hours, or all but gone. `unknown_authors` is the share of creators
    without snapshots, `stale_authors` that of others whose snapshots stop after the first. A share above 0 is at least one.
    A viral post reaches 5 to 40 times its author's followers and `viral_floor` plays besides.
    """

    seed: int = 7
    start_ms: int = DEFAULT_START_MS
    hours: int = 26
    creators: int = 50
    posts: int = 400
    audience: int = 1_000
    comments_per_poll: float = 0.3
    topics: tuple[str, ...] = TOPICS
    duplicates: float = 0.0
    out_of_order: float = 0.0
    max_shift_ms: int = 90_000
    late: float = 0.0
    min_lateness_ms: int = 10 * MINUTE_MS
    max_lateness_ms: int = 180 * MINUTE_MS
    clock_skew_ms: int = 0
    idle_partitions: int = 0
    idle_from_hour: int = 0
    posts_partitions: int = 24
    malformed: int = 0
    oversize_bytes: int = 5 * 1024 * 1024
    gaps: float = 0.0
    play_corrections: float = 0.0
    vanishing: float = 0.0
    unknown_authors: float = 0.0
    stale_authors: float = 0.0
    viral_floor: int = DEFAULT_VIRAL_FLOOR

    def __post_init__(self) -> None:
        for name in ("hours", "creators", "posts", "audience", "posts_partitions", "oversize_bytes"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}: at least 1 is needed")
        for name in ("duplicates", "out_of_order", "late", "gaps", "play_corrections", "vanishing", "unknown_authors",
                     "stale_authors"):  # fmt: skip
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is {getattr(self, name)}: a share from 0 to 1 is needed")
        for name in ("malformed", "max_shift_ms", "min_lateness_ms", "clock_skew_ms", "idle_partitions", "idle_from_hour",
                     "viral_floor"):  # fmt: skip
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} is {getattr(self, name)}: it cannot be negative")
        if self.comments_per_poll < 0:
            raise SettingsError(f"comments_per_poll is {self.comments_per_poll}: it cannot be negative")
        if self.late + self.out_of_order > 1:
            raise SettingsError("late + out_of_order is more than 1", "a record is one or the other")
        if self.unknown_authors + self.stale_authors > 1:
            raise SettingsError("unknown_authors + stale_authors is more than 1", "a creator is one or the other")
        if self.max_lateness_ms < self.min_lateness_ms:
            raise SettingsError("max_lateness_ms is less than min_lateness_ms")
        if self.clock_skew_ms > 4 * MINUTE_MS:
            raise SettingsError("clock_skew_ms is more than 240000", "clocks 5 min ahead are malformed records: see `malformed`")
        if self.idle_partitions >= self.posts_partitions:
            raise SettingsError(f"idle_partitions is {self.idle_partitions} of {self.posts_partitions}: one must stay active")
        unknown = sorted(set(self.topics) - set(TOPICS))
        if unknown or not self.topics:
            raise SettingsError(f"topics: {', '.join(unknown) or 'none'}", "known: " + ", ".join(TOPICS))
        if self.malformed and POSTS not in self.topics:
            raise SettingsError("malformed records go to tiktok.posts.events, which is not among the topics")

    @property
    def end_ms(self) -> int:
        """The first millisecond after the stream's true time."""
        return self.start_ms + self.hours * HOUR_MS
