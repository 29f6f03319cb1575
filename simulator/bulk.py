"""Posts by the ten million for benchmarks: event-time order, realistic sizes, encoded by hand from per-post templates.

Curves are simpler than the universe's, every post is polled once per `poll_minutes` at a jittered moment, and one observation in 16
is a little stale, so that the maximum of an hour is not always its last value. Reproducible from the seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from io import BytesIO

import fastavro
import numpy as np

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.producer import AvroProducer
from connectors.kafka.topics import load_topics
from simulator.dice import Dice
from simulator.settings import DEFAULT_START_MS, POSTS, SettingsError
from simulator.varints import Int64s, encode_long, encode_rows, encode_string
from simulator.words import CAPTIONS, HASHTAGS, LANGUAGES, REGIONS

COUNTERS = ("play_count", "digg_count", "comment_count", "share_count", "download_count", "collect_count")
_PER_MILLE = np.array([1000, 80, 5, 7, 2, 6], dtype=np.int64)


@dataclass(frozen=True)
class BulkSettings:
    """60,000 posts polled every 8 minutes for 24 hours are 10.8 M records."""

    seed: int = 7
    posts: int = 60_000
    creators: int = 3_000
    hours: int = 24
    poll_minutes: int = 8
    start_ms: int = DEFAULT_START_MS

    def __post_init__(self) -> None:
        # A batch is a minute, and must lie within one hour.
        if self.start_ms % MINUTE_MS or not 1 <= self.poll_minutes <= 60 or min(self.posts, self.creators, self.hours) < 1:
            raise SettingsError("bulk: start must be a whole minute, poll_minutes 1 to 60, posts, creators and hours at least 1")

    @property
    def records(self) -> int:
        """How many records a run has."""
        whole_rounds, rest = divmod(self.hours * 60, self.poll_minutes)
        return self.posts * whole_rounds + sum(len(range(phase, self.posts, self.poll_minutes)) for phase in range(rest))


@dataclass
class BulkTotals:
    """What `engagement_hourly` must hold in sum: `rows` post-hours, and the sum over them of each hourly maximum."""

    records: int = 0
    rows: int = 0
    play_count: int = 0
    digg_count: int = 0
    comment_count: int = 0
    share_count: int = 0
    engagement_total: int = 0


@dataclass(frozen=True)
class BulkBatch:
    """One simulated minute. `posts` are indices into the templates, in event-time order; `counters` has COUNTERS as columns."""

    posts: Int64s
    counters: Int64s
    ingested_at: Int64s


@dataclass(frozen=True)
class BulkTemplates:
    """What never changes about each post: keys, the bytes before the counters, those between counters and `ingested_at`."""

    keys: list[str]
    author_ids: list[str]
    heads: list[bytes]
    middles: list[bytes]
    kinds: Int64s
    totals: Int64s
    create_s: Int64s = field(repr=False)

    @classmethod
    def build(cls, settings: BulkSettings, prefix: bytes) -> BulkTemplates:
        """`prefix` is the wire-format header."""
        added = _defaults_behind(COUNTERS[-1])
        keys, authors, heads, middles, kinds, totals, created = [], [], [], [], [], [], []
        for index in range(settings.posts):
            dice = Dice(settings.seed, "bulk", index)
            create_s = settings.start_ms // 1000 - dice.between(0, 20 * 86_400)
            key = str((create_s << 32) | ((index * 2_654_435_761) & 0xFFFFFFFF))
            author = str(6_800_000_000_000_000_000 + dice.below(settings.creators) * 1_000_003)
            language = dice.pick(LANGUAGES)
            title = f"{dice.pick(CAPTIONS[language])} {' '.join(dice.pick(HASHTAGS) for _ in range(dice.between(3, 9)))}"
            media = f"{dice.bits():016x}{dice.bits():016x}"
            url = f"https://v16m.tokcdn.example/{media}/video/tos/{key}/"
            region = encode_long(1) + encode_string(dice.pick(REGIONS[language]))
            hdplay = encode_long(0) if dice.chance(300_000) else encode_long(1) + encode_string(url + "hd/")
            keys.append(key)
            authors.append(author)
            strings = encode_string(title) + encode_long(dice.between(5, 180)) + encode_string(url + "?mime_type=video_mp4")
            heads.append(prefix + encode_string(key) + region + strings + encode_string(url + "wm/") + hdplay)
            middles.append(added + encode_long(create_s) + encode_string(author))
            kinds.append(dice.below(8))
            totals.append(dice.log_between(1_000, 50_000_000))
            created.append(create_s)
        numbers = (np.array(column, dtype=np.int64) for column in (kinds, totals, created))
        return cls(keys, authors, heads, middles, *numbers)


def batches(settings: BulkSettings, templates: BulkTemplates) -> Iterator[BulkBatch]:
    """The run minute by minute; a post occurs at most once in a batch."""
    index = np.arange(settings.posts, dtype=np.int64)
    phase = index % settings.poll_minutes
    for minute in range(settings.hours * 60):
        polled = index[phase == minute % settings.poll_minutes]
        chance = _hash(polled, minute, settings.seed)
        offset = (chance >> 8) % MINUTE_MS
        order = np.argsort(offset, kind="stable")
        polled, chance, offset = polled[order], chance[order], offset[order]
        ingested = settings.start_ms + minute * MINUTE_MS + offset
        plays = _plays(templates.kinds[polled], templates.totals[polled], ingested // 1000 - templates.create_s[polled])
        plays -= np.where(chance % 16 == 0, plays // 50, 0)
        yield BulkBatch(polled, plays[:, None] * _PER_MILLE // 1000, ingested)


def encode_batch(batch: BulkBatch, templates: BulkTemplates) -> list[dict[str, str | bytes]]:
    """`{"key", "value"}` of each record, as `AvroProducer.produce_batch` takes them."""
    counters, counter_ends = encode_rows(batch.counters)
    times, time_ends = encode_rows(batch.ingested_at[:, None])
    keys, heads, middles = templates.keys, templates.heads, templates.middles
    messages: list[dict[str, str | bytes]] = []
    start = time_start = 0
    for post, end, time_end in zip(batch.posts.tolist(), counter_ends, time_ends, strict=True):
        value = b"".join((heads[post], counters[start:end], middles[post], times[time_start:time_end]))
        messages.append({"key": keys[post], "value": value})
        start, time_start = end, time_end
    return messages


def write_bulk(
    producer: AvroProducer,
    settings: BulkSettings,
    max_records: int | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> BulkTotals:
    """Writes the run (or its first `max_records`, rounded up to a whole minute) to the posts topic, and waits until it is there."""
    templates = BulkTemplates.build(settings, producer.header(POSTS))
    wanted = settings.records if max_records is None else min(max_records, settings.records)
    reference = BulkReference(settings.posts)
    for batch in batches(settings, templates):
        producer.produce_batch(POSTS, encode_batch(batch, templates))
        producer.poll()
        reference.add(batch)
        if progress is not None:
            progress(reference.totals.records, reference.totals.records / wanted)
        if reference.totals.records >= wanted:
            break
    producer.flush()
    return reference.finish()


class BulkReference:
    """Hourly maxima of batches in order; what an hour came to is added to `totals` when it ends."""

    def __init__(self, posts: int) -> None:
        self.totals = BulkTotals()
        self._maxima = np.full((posts, 5), -1, dtype=np.int64)
        self._hour = -1

    def add(self, batch: BulkBatch) -> None:
        """Counts one batch; it must not span two hours."""
        if not len(batch.posts):
            return
        hour = int(batch.ingested_at[0]) // HOUR_MS
        if hour != self._hour:
            self._close()
            self._hour = hour
        counted = batch.counters[:, :4]
        seen = np.concatenate((counted, counted[:, 1:4].sum(axis=1)[:, None]), axis=1)
        self._maxima[batch.posts] = np.maximum(self._maxima[batch.posts], seen)
        self.totals.records += len(batch.posts)

    def finish(self) -> BulkTotals:
        """The totals, the last hour included."""
        self._close()
        return self.totals

    def _close(self) -> None:
        seen = self._maxima[self._maxima[:, 0] >= 0]
        self.totals.rows += len(seen)
        names = [column.name for column in fields(BulkTotals)][2:]
        for name, total in zip(names, seen.sum(axis=0).tolist(), strict=True):
            setattr(self.totals, name, getattr(self.totals, name) + total)
        self._maxima.fill(-1)


def _defaults_behind(field: str) -> bytes:
    """The optional fields of a record between `field` and `create_time`, encoded with their defaults."""
    fields = json.loads(load_topics()[POSTS].schema_text())["fields"]
    names = [known["name"] for known in fields]
    added = fields[names.index(field) + 1 : names.index("create_time")]
    encoded = BytesIO()
    fastavro.schemaless_writer(encoded, {"type": "record", "name": "added", "fields": added}, {})
    return encoded.getvalue()


def _hash(posts: Int64s, minute: int, seed: int) -> Int64s:
    """A non-negative 48-bit number per post and minute: splitmix64's finalizer on whole arrays."""
    word = posts.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(Dice(seed, "bulk minute", minute).bits())
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (word >> np.uint64(16)).astype(np.int64)


def _plays(kinds: Int64s, totals: Int64s, age_s: Int64s) -> Int64s:
    """Kind 0 is viral (an S around one day), 1 to 3 steady, the others level off. Integers below 2**63 throughout."""
    days = np.minimum(age_s * 1024 // 86_400, 8_000)  # in 1/1024
    fourth = days * days
    fourth *= fourth
    viral = (totals * ((fourth << 10) // (fourth + (1 << 40)))) >> 10
    steady = totals * (age_s // 60) // 10_000
    plateau = totals * (age_s // 60) // (age_s // 60 + 2_880)
    return np.where(kinds == 0, viral, np.where(kinds < 4, steady, plateau))
