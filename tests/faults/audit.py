"""Whether everything that was given to a stack is in its topics, tables and dead-letter queues, once, and nothing else.

`collect` reads a stack; `judge` says what is wrong with what was read, from a recomputation that shares no code with the jobs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.kafka.topics import load_topics
from simulator.plain_versions import plain_version
from simulator.settings import POSTS
from simulator.upstream.ledger import Entry
from tests.e2e.marts import KEYS, Row, expected_of, held
from tests.e2e.records import differences, key_and_record, ledger, messages, registered_schema
from tests.e2e.stack_process import Stack
from tests.e2e.upstream_day import counter_names, not_once, served, told_of
from thresholds.publish import stored

from .given import POISON, TOPICS, Given, digest

# Rows of these are final when the watermark has passed this column; before that they are compared with nothing.
FINAL = {
    "engagement_hourly": "window_start",
    "trending_hourly": "window_start",
    "trending_hourly_corrected": "window_start",
    "velocity_30m": "window_start",
    "hashtag_hourly": "window_start",
    "follower_deltas": "t_now",
    "follower_deltas_corrected": "t_now",
    "momentum_alerts": "observed_at",
    "tiktok.momentum.alerts": "observed_at",
    "tiktok.followers.deltas": "t_now",
    "tiktok.trending.alerts": "window_start",
    "tiktok.followers.alerts": "t_now",
}
# Result topics that promise each record at least once; and what must stand where an alert was sent that is none by now.
REPEATED = ("tiktok.trending.alerts", "tiktok.followers.alerts")
# Stored rows, and the view that shows each once.
STORED = {
    "post_observations": "post_observations_log",
    "user_observations": "user_observations_log",
    "trending_hourly": "trending_hourly_log",
    "follower_deltas": "follower_deltas_log",
    "comments_enriched": "comments_log",
}


@dataclass(frozen=True)
class Letter:
    """A dead letter on its queue, or in the view `dead_letters` (then without key and value)."""

    topic: str
    partition: int
    offset: int
    key: str = ""
    value: bytes = b""


@dataclass
class Evidence:
    """What a stack holds. `inputs` are the good records of the input topics, `poison` the places of the others."""

    inputs: dict[str, list[tuple[str, Row]]]
    digests: Counter[tuple[str, str, str]]
    poison: dict[str, tuple[str, int, int]]
    tables: dict[str, list[Row]]
    queue: list[Letter]
    letters: list[Letter]
    ledger: dict[str, dict[str, int]]
    alerted: set[tuple[Any, ...]]
    versions: Sequence[Mapping[str, Any]]
    stored: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What the stack is held against. `served` is the manifest of the fake upstream; `since` its first line that must be in Kafka
    at the end; hours before `final_ms` are closed."""

    given: Given
    served: Sequence[Entry]
    since: int
    final_ms: int


def collect(stack: Stack, run_id: str) -> Evidence:
    """Reads all of it. Nothing may be on its way any more."""
    inputs: dict[str, list[tuple[str, Row]]] = {}
    digests: Counter[tuple[str, str, str]] = Counter()
    places: dict[str, tuple[str, int, int]] = {}
    for topic in TOPICS:
        registered, inputs[topic] = registered_schema(stack.endpoints, topic), []
        for message in messages(stack.endpoints, topic):
            key = message.key()
            name = key.decode() if isinstance(key, bytes) else ""
            if name.startswith(POISON):
                places[name] = (topic, message.partition() or 0, message.offset() or 0)
                continue
            value = message.value()
            inputs[topic].append(key_and_record(message, registered))
            digests[topic, name, digest(value if isinstance(value, bytes) else b"")] += 1
    columns = "aweme_id, toUnixTimestamp64Milli(window_start)"
    return Evidence(
        inputs=inputs,
        digests=digests,
        poison=places,
        tables={name: held(stack, name) for name in KEYS},
        queue=[letter for topic in TOPICS for letter in _queue(stack, f"{topic}.dlq")],
        letters=[Letter(*row) for row in stack.query("SELECT topic, partition, offset FROM dead_letters")],
        ledger={topic: ledger(stack, run_id, topic) for topic in TOPICS},
        alerted=set(stack.query(f"SELECT {columns} FROM trending_hourly WHERE was_alerted = 1")),
        versions=[plain_version(version) for version in stored(stack.endpoints)],
        stored={view: stack.query(f"SELECT count() FROM {table}")[0][0] for view, table in STORED.items()},
    )


def _queue(stack: Stack, topic: str) -> list[Letter]:
    if topic not in {known.name for known in load_topics()}:
        return []
    found = []
    for message in messages(stack.endpoints, topic):
        key, value = message.key(), message.value()
        raw: Any = message.headers()
        headers = {name: text.decode() if isinstance(text, bytes) else str(text) for name, text in raw}
        found.append(
            Letter(
                headers["source.topic"],
                int(headers["source.partition"]),
                int(headers["source.offset"]),
                key.decode() if isinstance(key, bytes) else "",
                value if isinstance(value, bytes) else b"",
            )
        )
    return found


def judge(found: Evidence, asked: Question) -> list[str]:
    """A line per kind of thing that is wrong, with examples; none where nothing is lost, doubled, extra or different."""
    tables, topics = _tables(found, asked.final_ms), [*_producers(found, asked), *_pollers(found, asked)]
    return [*tables, *topics, *_letters(found, asked), *_ledger(found)]


def _tables(found: Evidence, final_ms: int) -> list[str]:
    want = expected_of({topic: [record for _, record in pairs] for topic, pairs in found.inputs.items()}, found.versions).rows
    wrong = []
    for name, key in KEYS.items():
        column, have, due = FINAL.get(name), found.tables[name], list(want[name])
        if column is not None:
            have = [row for row in have if row[column] < final_ms]
            due = [row for row in due if row[column] < final_ms]
        if name in REPEATED:
            wrong += _alerts(name, have, due, key, found.alerted)
        elif lines := differences(have, due, key):
            wrong.append(f"{name}: {'; '.join(lines)}")
    # Hours that are not over are there, too.
    running = [_not_final(row) for row in found.tables["engagement_hourly"] if row["window_start"] >= final_ms]
    due = [_not_final(row) for row in want["engagement_hourly"] if row["window_start"] >= final_ms]
    if lines := differences(running, due, KEYS["engagement_hourly"]):
        wrong.append(f"engagement_hourly, running hours: {'; '.join(lines)}")
    return wrong


def _not_final(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "is_final"}


def _alerts(name: str, sent: list[Row], due: list[Row], key: tuple[str, ...], alerted: set[tuple[Any, ...]]) -> list[str]:
    """At least once each; one that is not due any more is known in the table as sent."""
    wanted, times = {tuple(row[part] for part in key) for row in due}, {tuple(row[part] for part in key) for row in sent}
    wrong = [f"{name}: lost: {place}" for place in sorted(wanted - times)]
    taken_back = times - wanted if name == "tiktok.followers.alerts" else times - wanted - alerted
    return wrong + [f"{name}: extra: {place}" for place in sorted(taken_back)]


def _producers(found: Evidence, asked: Question) -> list[str]:
    sent = asked.given.sent
    known = {(topic, key) for topic, key, _ in sent}
    there = Counter({place: count for place, count in found.digests.items() if place[:2] in known})
    wrong = []
    for what, places in (("lost", sent - there), ("doubled or extra", there - sent)):
        if places:
            wrong.append(f"producer: {places.total()} records {what}, e.g. {sorted(places)[:3]}")
    return wrong


def _pollers(found: Evidence, asked: Question) -> list[str]:
    entries = list(asked.served)
    known = {topic: asked.given.keys(topic) for topic in found.inputs}
    others = {topic: [pair for pair in pairs if pair[0] not in known[topic]] for topic, pairs in found.inputs.items()}
    told = told_of(others, counter_names(entries))
    lines = not_once(told, entries, asked.since)
    # All that the process of now was told, not only the last of it.
    for key, said in served(entries[asked.since :]).items():
        if key in told and told[key][-len(said) :] != said:
            lines.append(f"lost: {key}: of {len(said)} observations that were served not all are the last ones in Kafka")
    return [f"poller: {len(lines)} differences, e.g. {'; '.join(lines[:3])}"] if lines else []


def _letters(found: Evidence, asked: Question) -> list[str]:
    wrong = []
    if found.poison.keys() != asked.given.poison.keys():
        wrong.append(f"poison: {sorted(found.poison.keys() ^ asked.given.poison.keys())[:3]} are not as sent in the topic")
    places = {place: key for key, place in found.poison.items()}
    queued: dict[tuple[str, int, int], list[Letter]] = defaultdict(list)
    for letter in found.queue:
        queued[letter.topic, letter.partition, letter.offset].append(letter)
    rows = Counter((letter.topic, letter.partition, letter.offset) for letter in found.letters)
    for what, there in (("dead-letter queue", queued.keys()), ("dead_letters", rows.keys())):
        if lost := places.keys() - there:
            wrong.append(f"{what}: {len(lost)} lost, e.g. {sorted(lost)[:3]}")
        if extra := there - places.keys():
            wrong.append(f"{what}: {len(extra)} extra, e.g. {sorted(extra)[:3]}")
    if doubled := [place for place, count in rows.items() if count > 1]:
        wrong.append(f"dead_letters: {len(doubled)} doubled, e.g. {sorted(doubled)[:3]}")
    for place, letters in queued.items():
        key = places.get(place)
        if key is not None and any((one.key, one.value) != (key, asked.given.poison.get(key)) for one in letters):
            wrong.append(f"dead-letter queue: {key} is not what was sent")
    return wrong


def _ledger(found: Evidence) -> list[str]:
    wrong = []
    for topic, counts in found.ledger.items():
        bad = len(found.poison) if topic == POSTS else 0
        total = len(found.inputs[topic]) + bad
        if counts["unaccounted"] > 0 or counts["beyond_bound"] or counts["quarantined"] != bad or counts["read"] > total:
            wrong.append(f"pipeline_ledger: {topic} has {counts}, of {total} records with {bad} bad ones")
    return wrong


def amplification(found: Evidence) -> dict[str, float]:
    """Rows that are stored per row that readers see, by view: repeats that merges have not removed yet."""
    return {view: round(count / max(1, len(found.tables[view])), 3) for view, count in found.stored.items()}
