"""The file that says what is polled: creators, posts and hashtags, how often, how deep, and for how many credits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connectors.clock import DAY_MS, HOUR_MS, MINUTE_MS
from connectors.durations import parse_ms
from connectors.errors import TokpulseError
from connectors.upstream.model import Feed, Subject
from connectors.yaml_file import parse
from polling.credits.balance import CreditRules
from polling.following.plan import MOST_POSTS
from polling.personal.forgotten import Forgotten
from polling.schedule.cadence import Cadence
from polling.watching import entries as reading

# Ids and names are text.
_IDS = frozenset({"creators", "posts", "hashtags"})
MAX_BYTES = 16 * 1024 * 1024


class WatchlistError(TokpulseError):
    """A watchlist that is refused: the message is `path:line: key: reason`."""


def _none(value: object) -> object:
    # A list whose entries are all commented out.
    return [] if value in (None, "") else value


def _entry(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Duration = Annotated[int, BeforeValidator(parse_ms), Field(ge=1, le=366 * DAY_MS)]
Tier = Literal["hot", "warm", "cold"]
TIERS: tuple[Tier, ...] = ("hot", "warm", "cold")
# In lax mode a name becomes a Feed; a strict model would want the Feed itself.
FeedName = Annotated[Feed, Field(strict=False)]


class CreatorEntry(_Strict):
    """A creator by numeric id, secUid, @handle or link, and how often it is polled before more is known of it."""

    id: Annotated[str, AfterValidator(reading.creator)]
    tier: Tier = "warm"


class Entry(_Strict):
    """A post by its id or a link."""

    id: Annotated[str, AfterValidator(reading.post)]
    tier: Tier = "warm"


class HashtagEntry(_Strict):
    """A hashtag by its name or a link."""

    id: Annotated[str, AfterValidator(reading.hashtag)]
    tier: Tier = "warm"


class _Tiers(_Strict):
    hot: Duration = 5 * MINUTE_MS
    warm: Duration = HOUR_MS
    cold: Duration = DAY_MS

    @model_validator(mode="after")
    def _ordered(self) -> _Tiers:
        if not self.hot <= self.warm <= self.cold:
            raise ValueError("hot must not be longer than warm, nor warm than cold")
        return self


class _Credits(_Strict):
    slow_below: Annotated[int, Field(ge=0)] = 1_000
    floor: Annotated[int, Field(ge=0)] = 100
    probe_every: Annotated[int, BeforeValidator(parse_ms), Field(ge=15 * MINUTE_MS)] = 30 * MINUTE_MS


def _part(value: object) -> object:
    """`10%` or `10 %` as 0.1."""
    number = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?) ?%", value) if isinstance(value, str) else None
    return value if number is None else float(number[1]) / 100


class Follow(_Strict):
    """What is done about things that pages make known; `most_posts` of a shard, `profiles` is a share of the credits."""

    posts: bool = True
    most_posts: Annotated[int, Field(ge=1, le=MOST_POSTS)] = MOST_POSTS
    forget_after: Duration = 3 * DAY_MS
    profiles: Annotated[float, BeforeValidator(_part), Field(ge=0, le=1)] = 0.1


class _Feeds(_Strict):
    creators: list[FeedName] = [Feed.PROFILE, Feed.POSTS]
    posts: list[FeedName] = [Feed.POST, Feed.COMMENTS, Feed.REPLIES]
    hashtags: list[FeedName] = [Feed.HASHTAG]


_MAX_PAGES = {Feed.POSTS: 10, Feed.COMMENTS: 20, Feed.REPLIES: 5, Feed.HASHTAG: 10, Feed.FOLLOWERS: 5, Feed.FOLLOWING: 5}
PageCount = Annotated[int, Field(ge=1, le=100_000)]


class Watchlist(_Strict):
    """A watchlist file. Times in milliseconds."""

    credits_per_day: Annotated[int, Field(ge=1, le=10**9)] = 1_000
    credits: _Credits = _Credits()
    tiers: _Tiers = _Tiers()
    feeds: _Feeds = _Feeds()
    follow: Follow = Follow()
    max_pages: dict[FeedName, PageCount] = {}
    page_pause: Duration = 200
    stop_at_repeats: bool = False
    recheck_handles: Annotated[int, BeforeValidator(parse_ms), Field(ge=HOUR_MS, le=366 * DAY_MS)] = 7 * DAY_MS
    creators: Annotated[list[Annotated[CreatorEntry, BeforeValidator(_entry)]], BeforeValidator(_none)] = []
    posts: Annotated[list[Annotated[Entry, BeforeValidator(_entry)]], BeforeValidator(_none)] = []
    hashtags: Annotated[list[Annotated[HashtagEntry, BeforeValidator(_entry)]], BeforeValidator(_none)] = []

    @property
    def cadence(self) -> Cadence:
        """The tiers' intervals."""
        return Cadence(self.tiers.hot, self.tiers.warm, self.tiers.cold)

    @property
    def credit_rules(self) -> CreditRules:
        """The thresholds of the balance."""
        return CreditRules(self.credits.slow_below, self.credits.floor, self.credits.probe_every)

    def for_people(self, credits: int) -> int:
        """The part of `credits` that profiles of people may cost who are not on the watchlist."""
        return int(credits * self.follow.profiles)

    def pages_of(self, feed: Feed) -> int:
        """The most pages that one round of `feed` reads."""
        return self.max_pages.get(feed, _MAX_PAGES.get(feed, 1))

    def feeds_of(self, subject: Subject) -> tuple[Feed, ...]:
        """What is read of a kind of subject."""
        named = {Subject.CREATOR: self.feeds.creators, Subject.POST: self.feeds.posts, Subject.HASHTAG: self.feeds.hashtags}
        return tuple(named[subject])

    def handles(self) -> list[str]:
        """Creators that are named by a handle, with its sign."""
        return [entry.id for entry in self.creators if reading.is_handle(entry.id)]

    def entries(self) -> Mapping[Subject, Sequence[CreatorEntry | Entry | HashtagEntry]]:
        """The entries by kind."""
        return {Subject.CREATOR: self.creators, Subject.POST: self.posts, Subject.HASHTAG: self.hashtags}


def load_watchlist(path: Path) -> Watchlist:
    """The watchlist in `path`. Raises WatchlistError."""
    return parse_watchlist(watchlist_text(path).removeprefix("\ufeff"), path)


def watchlist_text(path: Path) -> str:
    """What is in the file, its mark of UTF-8 included. Raises WatchlistError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise WatchlistError(f"cannot read {path}: {error.strerror}", "watchlist.example.yaml is an example") from None
    except UnicodeDecodeError:
        raise WatchlistError(f"{path}: is not UTF-8", "save the file as UTF-8") from None
    if len(raw) > MAX_BYTES:
        raise WatchlistError(f"{path}: is larger than {MAX_BYTES >> 20} MiB", "split it between shards")
    return text


def parse_watchlist(text: str, path: Path) -> Watchlist:
    """The watchlist in `text`; `path` is named in errors. Raises WatchlistError."""
    watchlist, lines = parse(text, path, Watchlist, _refusal, as_text=_IDS)
    _refuse_doubles(path, watchlist, lines)
    return watchlist


def _refusal(message: str, hint: str) -> WatchlistError:
    return WatchlistError(message, 'quote a handle: "@ada"' if "cannot start any token" in message else hint)


def _refuse_doubles(path: Path, watchlist: Watchlist, lines: Mapping[tuple[str | int, ...], int]) -> None:
    for subject, entries in watchlist.entries().items():
        section, first = f"{subject.value}s", dict[str, int]()
        for index, entry in enumerate(entries):
            if first.setdefault(entry.id, index) != index:
                line, earlier = lines[section, index], lines[section, first[entry.id]]
                raise WatchlistError(f"{path}:{line}: {section}[{index}]: {entry.id} is already on line {earlier}")


class WatchedFile:
    """A watchlist file that may be edited while it is used. People in `forgotten` cannot be on it."""

    def __init__(self, path: Path, forgotten: Forgotten | None = None) -> None:
        self._path = path
        self.forgotten = forgotten
        self._seen = self._stamp()
        self.current = self._load()

    def reread(self) -> Watchlist | None:
        """The new watchlist after an edit, else None. A bad edit raises WatchlistError, once, and is not used."""
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        self.current = self._load()
        return self.current

    def _load(self) -> Watchlist:
        loaded = load_watchlist(self._path)
        for creator in loaded.creators if self.forgotten else ():
            if self.forgotten and self.forgotten.knows_creator(creator.id):
                raise WatchlistError(
                    f"{self._path}: creators: {creator.id} was forgotten with `tokpulse forget` and is not polled any more",
                    "remove the entry",
                )
        return loaded

    def _stamp(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
