"""What the loop and the writer of pages agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connectors.upstream.model import Feed, Page


@dataclass(frozen=True)
class FeedKey:
    """Names one feed of one subject at one upstream: the key of its cursor."""

    upstream: str
    feed: Feed
    subject: str
    parent: str | None = None

    def __str__(self) -> str:
        """`posts 12345`, as in messages."""
        return f"{self.feed.value} {self.subject}"


@dataclass(frozen=True)
class Progress:
    """How far a feed has been read; committed with the records of its pages. Times in unix milliseconds of the poller's clock.

    `cursor` is where the round under way goes on; None when the last round was read to its end.
    """

    cursor: str | None
    pages: int  # read in this round, or in the last one when it has ended
    round_started_ms: int
    polled_ms: int
    moved_ms: int  # when an observation was last new or changed; the cadence follows from it
    moved: int  # observations that were new or changed in this round
    new_fields: Mapping[str, int] = field(default_factory=dict)  # what came in this round that no table of fields has, by path


@dataclass(frozen=True)
class Written:
    """What a committed page was: `fresh` observations are in Kafka, `repeats` were there already, `refused` are dead letters.

    `subjects` are the post-hours or comments that the page began, `known` by how many more have a fresh snapshot of whose they are.
    """

    fresh: int
    repeats: int
    refused: int
    subjects: int = field(default=0, compare=False)
    known: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ReadPage:
    """A page on its way into Kafka. `before` is the feed's progress without it, `received_ms` by the poller's clock."""

    key: FeedKey
    page: Page
    received_ms: int
    before: Progress | None


class PageWriter(Protocol):
    """Puts pages into Kafka. Not thread-safe: one thread writes."""

    def progress(self, also: Callable[[FeedKey], bool]) -> Mapping[FeedKey, Progress]:
        """What earlier pollers of this shard committed, read once at the start; of feeds of other shards what `also` says."""

    def leave(self, feeds: Iterable[FeedKey]) -> None:
        """Feeds whose progress is of no use any more: it goes with the next commit, if there is one."""

    def write_many(self, pages: Sequence[ReadPage]) -> list[tuple[Written, Progress]]:
        """Commits the new and changed observations of `pages`, their dead letters and their feeds' progress, all or nothing.

        One transaction. Returns after the commit, what became of each page, in their order. Of several pages of one feed, each
        follows the one before it in the list, whatever its `before`. Raises FencedProducerError when another poller took over this
        shard, OutcomeUnknownError when nobody can tell, another ProducerError when nothing is committed (then again later).
        """
