"""What every upstream service has in common: what is asked of it, what it answers, and what a page of observations is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

# Why a field of an item is worth counting, and its name: `left_out` and `unreadable` ones have the default of the table, `new` ones
# are in no table.
Note = tuple[Literal["left_out", "unreadable", "new"], str]


class Subject(StrEnum):
    """What a watchlist names; the way in which it is polled follows from it."""

    CREATOR = "creator"  # by numeric user id: profile, posts
    POST = "post"  # by aweme_id: counters, comments
    HASHTAG = "hashtag"  # by name, without the sign: posts


class Feed(StrEnum):
    """What is read of a subject. One feed of one subject has one cursor, and fills one topic."""

    PROFILE = "profile"  # user snapshots of a creator
    POSTS = "posts"  # posts of a creator
    POST = "post"  # one post's counters
    COMMENTS = "comments"  # comments of a post
    REPLIES = "replies"  # replies to a comment
    HASHTAG = "hashtag"  # posts under a hashtag
    FOLLOWERS = "followers"  # RAW_ONLY: no topic holds edges of the graph
    FOLLOWING = "following"


class Told(StrEnum):
    """What tells whose answer an object is."""

    NAMES = "names"  # those of its fields alone
    ITEM = "item"  # also that it is an item by itself
    LISTS = "lists"  # items in lists of any name


# Feeds whose answer is one item.
SINGLE = frozenset({Feed.PROFILE, Feed.POST})
# Feeds that fill no topic.
RAW_ONLY = frozenset({Feed.FOLLOWERS, Feed.FOLLOWING})


class Failure(StrEnum):
    """What an answer that is no page asks of the poller."""

    RETRY = "retry"  # the same request again, after a while
    SKIP = "skip"  # this subject has nothing to give (deleted, private, ...): go on with the next one
    PAUSE = "pause"  # nobody gets an answer now (quota, credits): stop asking this upstream for a while
    FATAL = "fatal"  # only a human can help (key refused, request malformed): stop, and say so


@dataclass(frozen=True)
class Ask:
    """One page of one feed. `subject` is the id (or the hashtag's name); `parent` is the post of a comment's replies.

    A profile may also be asked for by `@handle`.

    `cursor` is None for the first page, else what `Page.cursor` gave: opaque to everybody but the client that made it.
    """

    feed: Feed
    subject: str
    cursor: str | None = None
    parent: str | None = None


@dataclass(frozen=True)
class Call:
    """An HTTP request as a client wants it: `path` below the base URL, header fields without the key."""

    endpoint: str  # the name in metrics, breakers and raw landing, like `/user-posts/`
    path: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """An HTTP response as received. `body` has every byte; `received_ms` is the poller's clock in unix milliseconds."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_ms: int


@dataclass(frozen=True)
class Refusal:
    """Why an answer is no page. `code` is the upstream's own (or the HTTP status), `reason` a stable name for metrics.

    `retries` bounds how often the same request is made again; after that the subject rests, as if it were skipped.
    """

    failure: Failure
    code: str
    reason: str
    message: str
    retry_after_s: float | None = None
    retries: int | None = None


@dataclass(frozen=True)
class Observation:
    """One record on its way to `topic`, fields as in the topic's schema; not validated yet.

    `problem` says why the upstream's item could not be mapped (a missing or retyped field): then `record` is the item as
    received, and belongs to the dead-letter queue. `notes` are what the reading of the item should be counted by.
    """

    topic: str
    record: Mapping[str, Any]
    problem: str | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Origin:
    """The request that a page answered, and when the answer came (the poller's clock, unix milliseconds)."""

    upstream: str
    endpoint: str
    ask: Ask
    received_ms: int


@dataclass(frozen=True)
class Sighting:
    """Somebody whom a page shows. `name` is what this upstream is asked for the profile by: personal where it is no number."""

    userid: str
    name: str = field(repr=False)
    is_author: bool = False  # of a post; else of a comment


@dataclass(frozen=True)
class Page:
    """What one answer holds. `cursor` is None when it was the last page. Whoever asked adds the `origin`: dead letters name it."""

    observations: tuple[Observation, ...]
    cursor: str | None
    found: tuple[Ask, ...] = ()  # feeds that this page makes known: replies of a comment, a hashtag by its id
    origin: Origin | None = None
    people: tuple[Sighting, ...] = ()  # once for each of their posts or comments; a creator's own page shows nobody new


class Upstream(Protocol):
    """A dialect. Pure: no sockets, no clock, no state, so that recorded answers test all of it."""

    name: str

    def call(self, ask: Ask) -> Call:
        """The request of a page. Raises ValueError for a feed this upstream does not have."""

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        """The page of an answer, or why it is none. Never raises: a body of any bytes is a Refusal."""

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, Any]:
        """The record of one item of a page that `ask` was answered with. Raises BadFieldError for an item that is none.

        Also ValueError, for a feed that fills no topic.
        """

    def creator(self, userid: str, sec_uid: str) -> str:
        """`Ask.subject` of a creator: the one of the two by which the service's lists are asked for. The secUid may be empty."""

    def authorization(self, key: str) -> Mapping[str, str]:
        """Header fields that carry the key."""

    def credits_call(self) -> Call:
        """The request that tells the balance."""

    def read_credits(self, answer: Answer) -> int | Refusal:
        """Credits left."""
