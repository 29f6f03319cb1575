"""What the newest records of each partition of a topic say about their producers: pure judgements of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from cli.doctor_exam import Limits
from cli.doctor_findings import Cause, Finding, Level, duration, listed
from cli.doctor_machine import CLOCK_SKEW, SKEW_S
from connectors.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from connectors.kafka.partitions import partition_of_bytes

# As the sources do it: what is further ahead is quarantined, and hours close so long after their end.
MAX_AHEAD_MS = 5 * MINUTE_MS
_CLOSES_AFTER_MS = 2 * MINUTE_MS
_SLACK_MS = MINUTE_MS
# Whole numbers of this size are seconds from 1973 to 5138, and microseconds of the same years.
_SECONDS = (10**8, 10**11)
_MICROSECONDS = (10**14, 10**17)
# Fewer records say nothing about how often a partition gets one.
_RHYTHM = 4
_TIMES_SLOWER = 10

FUTURE_CLOCK = Cause(
    *("future_clock", Level.FAIL, "clock", "a producer's clock is in the future"),
    says="{topic}: ingested_at is up to {ahead} ahead of the clock ({where})",
    fix="set the clock of that producer; jobs quarantine its records (`tokpulse dlq`), or else all hours would close",
)
WRONG_UNIT = Cause(
    *("seconds_for_ms", Level.FAIL, "clock", "a producer writes seconds (or microseconds) where milliseconds belong"),
    says="{topic}: ingested_at {value} is {unit}, not milliseconds ({where})",
    fix="let the producer write Unix milliseconds; jobs quarantine these records (`tokpulse dlq`)",
)
AHEAD_OF_ARRIVAL = Cause(
    *("producer_clock_ahead", Level.WARN, "clock", "a producer's clock is ahead of Kafka's, by less than is quarantined"),
    says="{topic}: observations are stamped up to {ahead} after they arrived ({where})",
    fix="set that producer's clock (or the broker's, if it is behind): hours close early, and other producers' records come late",
)
STOPPED = Cause(
    *("producer_stopped", Level.WARN, "producer", "a producer stopped before the hour closed"),
    says="{topic}: the newest observation is of {at} UTC, {ago} ago; the hour from {hour} stays open until a later one comes",
    fix="start the producer again (`tokpulse poll`); `tokpulse submit JOB --bounded` closes all hours if none will come",
)
IDLE = Cause(
    *("partition_idle", Level.WARN, "producer", "a partition gets nothing any more while others do"),
    says="{topic}: {partitions} got nothing for {silent}, though before it was every {rhythm}",
    fix="what writes these keys has stopped: look at the poller (`tokpulse poll`, its log) or at your producer",
)
UNKNOWN_SCHEMA = Cause(
    *("schema_id_unknown", Level.FAIL, "schemas", "records carry a schema id that the registry does not know"),
    says="{topic}: schema id {schema} is unknown to the registry ({where})",
    fix="their producer uses another registry: give it SCHEMA_REGISTRY_URL of these jobs, then `tokpulse dlq replay`",
)
KEYS = Cause(
    *("keys_elsewhere", Level.WARN, "records", "records have no key, or lie where their key does not belong"),
    says="{topic}: {count} of the newest records {what} ({where})",
    fix="use the topic's key and the partitioner murmur2_random: else the records of one post or user lose their order",
)


@dataclass(frozen=True)
class Newest:
    """One of the newest records of a partition. Times are Unix milliseconds; `event_ms` is its `ingested_at`, None if unread.

    `unknown_schema` is its schema id when the registry does not know it.
    """

    offset: int
    arrived_ms: int
    key: bytes | None
    event_ms: int | None = None
    unknown_schema: int | None = None


@dataclass(frozen=True)
class Tail:
    """The newest records of a partition, oldest first, and its offsets (`end` is behind the last)."""

    partition: int
    start: int
    end: int
    records: tuple[Newest, ...] = ()


def ago(at_ms: int, now_ms: int) -> str:
    """`45 s ago`."""
    return f"{duration(max(0, now_ms - at_ms) / SECOND_MS)} ago"


def _where(found: Sequence[tuple[int, Newest]]) -> str:
    partition, record = found[-1]
    return f"{listed({partition for partition, _ in found})}, last at offset {record.offset} of partition {partition}"


def _all(tails: Sequence[Tail]) -> Iterator[tuple[int, Newest]]:
    return ((tail.partition, record) for tail in tails for record in tail.records)


def unit_of(value: int) -> str:
    """`seconds` or `microseconds` where `value` is a time in these, "" where it is none or in milliseconds."""
    if _SECONDS[0] <= value < _SECONDS[1]:
        return "seconds"
    return "microseconds" if _MICROSECONDS[0] <= value < _MICROSECONDS[1] else ""


def _timed(tails: Sequence[Tail]) -> Iterator[tuple[int, Newest, int]]:
    """Those with a time in the right unit."""
    for partition, record in _all(tails):
        if record.event_ms is not None and not unit_of(record.event_ms):
            yield partition, record, record.event_ms


def wrong_unit(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """Seconds or microseconds for milliseconds."""
    found = [(partition, record) for partition, record in _all(tails) if record.event_ms is not None and unit_of(record.event_ms)]
    if found:
        value = found[-1][1].event_ms or 0
        yield WRONG_UNIT.found(topic, value=value, unit=unit_of(value), where=_where(found))


def future_clock(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """Times that jobs refuse."""
    found = [(partition, record, at) for partition, record, at in _timed(tails) if at > now_ms + MAX_AHEAD_MS]
    if found:
        ahead = max(at for _, _, at in found) - now_ms
        yield FUTURE_CLOCK.found(topic, ahead=duration(ahead / SECOND_MS), where=_where([each[:2] for each in found]))


def ahead_of_arrival(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """Times after the record's arrival at the broker, and arrivals after now: clocks that differ by less than jobs refuse."""
    found = [
        (partition, record, at - record.arrived_ms)
        for partition, record, at in _timed(tails)
        if at - record.arrived_ms > SKEW_S * SECOND_MS and at <= now_ms + MAX_AHEAD_MS
    ]
    if found:
        ahead = max(ahead for _, _, ahead in found)
        yield AHEAD_OF_ARRIVAL.found(topic, ahead=duration(ahead / SECOND_MS), where=_where([each[:2] for each in found]))
    newest = max((record.arrived_ms for _, record in _all(tails)), default=0)
    if newest > now_ms + SKEW_S * SECOND_MS:
        yield CLOCK_SKEW.found("Kafka", skew=duration((newest - now_ms) / SECOND_MS), direction="ahead of")


def stopped(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """Posts only: the hours of the tables are theirs. Quarantined times move no clock."""
    times = [at for _, _, at in _timed(tails) if at <= now_ms + MAX_AHEAD_MS]
    if not times or not topic.endswith("posts.events"):
        return
    newest = max(times)
    hour = newest // HOUR_MS * HOUR_MS
    if newest < hour + HOUR_MS + _CLOSES_AFTER_MS and now_ms > hour + HOUR_MS + _CLOSES_AFTER_MS + _SLACK_MS:
        at = datetime.fromtimestamp(newest / SECOND_MS, UTC)
        yield STOPPED.found(topic, at=f"{at:%Y-%m-%d %H:%M:%S}", ago=duration((now_ms - newest) / SECOND_MS), hour=f"{at:%H}:00")


def idle(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """A partition that is silent for much longer than its own rhythm, while the topic lives."""
    arrivals = {tail.partition: [record.arrived_ms for record in tail.records] for tail in tails if len(tail.records) >= _RHYTHM}
    newest = max((record.arrived_ms for _, record in _all(tails)), default=0)
    least_ms = limits.idle.total_seconds() * SECOND_MS
    silent: dict[int, tuple[float, float]] = {}
    for partition, times in arrivals.items():
        rhythm = median(later - earlier for earlier, later in pairwise(times))
        if newest - times[-1] > max(least_ms, _TIMES_SLOWER * rhythm):
            silent[partition] = (now_ms - times[-1], rhythm)
    if silent:
        longest, rhythm = max(silent.values())
        yield IDLE.found(
            topic,
            partitions=listed(silent),
            silent=duration(longest / SECOND_MS),
            rhythm=duration(rhythm / SECOND_MS) if rhythm >= SECOND_MS else "second",
        )


def unknown_schema(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """Schema ids that another registry gave."""
    found = [(partition, record) for partition, record in _all(tails) if record.unknown_schema is not None]
    if found:
        yield UNKNOWN_SCHEMA.found(topic, schema=found[-1][1].unknown_schema, where=_where(found))


def keys(topic: str, tails: Sequence[Tail], now_ms: int, limits: Limits) -> Iterator[Finding]:
    """Records without a key, or in another partition than their key's."""
    keyless = [(partition, record) for partition, record in _all(tails) if record.key is None]
    strayed = [
        (partition, record)
        for partition, record in _all(tails)
        if record.key is not None and partition_of_bytes(record.key, len(tails)) != partition
    ]
    for found, what in ((keyless, "have no key"), (strayed, "have a key of another partition")):
        if found:
            yield KEYS.found(topic, count=len(found), what=what, where=_where(found))


Judge = Callable[[str, Sequence[Tail], int, Limits], Iterator[Finding]]
JUDGES: tuple[Judge, ...] = (unknown_schema, wrong_unit, future_clock, ahead_of_arrival, keys, idle, stopped)
