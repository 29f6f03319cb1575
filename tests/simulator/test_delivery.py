"""Each knob does what it says, and nothing else."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.partitions import partition_of
from connectors.kafka.topics import load_topics
from simulator.delivery import Delivery, Fate, simulate
from simulator.malformed import KINDS
from simulator.observations import Observation, observe
from simulator.settings import COMMENTS, POSTS, TOPICS, USERS, SettingsError, SimulationSettings
from simulator.universe import build_universe

PLAIN = SimulationSettings(hours=4, creators=20, posts=120, audience=100)


def run(**changes: Any) -> list[Delivery]:
    return list(simulate(replace(PLAIN, **changes)))


def observed(settings: SimulationSettings) -> list[Observation]:
    return list(observe(settings, build_universe(settings)))


def identity(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.topic, delivery.key, repr(delivery.record)


def test_without_knobs_everything_arrives_once_in_event_time_order() -> None:
    deliveries = run()
    assert {d.fate for d in deliveries} == {Fate.ON_TIME}
    assert {d.topic for d in deliveries} == set(TOPICS)
    times = [d.record["ingested_at"] for d in deliveries]
    assert times == sorted(times)
    assert PLAIN.start_ms <= times[0] <= times[-1] < PLAIN.end_ms


def test_records_have_exactly_the_fields_of_the_schemas_in_order() -> None:
    topics = load_topics()
    first = {d.topic: d for d in reversed(run())}
    for name in TOPICS:
        import json

        declared = json.loads(topics[name].schema_text())
        assert_fields(declared, first[name].record)
        assert first[name].record[topics[name].key] == first[name].key


def assert_fields(schema: dict[str, Any], record: dict[str, Any]) -> None:
    assert list(record) == [f["name"] for f in schema["fields"]]
    for f in schema["fields"]:
        if isinstance(f["type"], dict) and f["type"]["type"] == "record":
            assert_fields(f["type"], record[f["name"]])


def test_each_post_is_polled_every_5_to_15_minutes() -> None:
    last: dict[str, int] = {}
    gaps = []
    for d in run(topics=(POSTS,)):
        if d.key in last:
            gaps.append(d.record["ingested_at"] - last[d.key])
        last[d.key] = d.record["ingested_at"]
    assert 5 * MINUTE_MS <= min(gaps) <= max(gaps) <= 15 * MINUTE_MS


def test_duplicates_are_exact_copies_that_follow_their_original_soon() -> None:
    plain, doubled = run(), run(duplicates=0.1)
    copies = [d for d in doubled if d.fate is Fate.DUPLICATE]
    assert len(doubled) == len(plain) + len(copies)
    assert 0.08 < len(copies) / len(plain) < 0.12
    assert Counter(identity(d) for d in doubled if d.fate is not Fate.DUPLICATE) == Counter(identity(d) for d in plain)
    seen: dict[tuple[str, str, str], int] = {}
    for d in doubled:
        if d.fate is Fate.DUPLICATE:
            assert 0 <= d.due_ms - seen[identity(d)] <= PLAIN.max_shift_ms
        else:
            seen[identity(d)] = d.due_ms


def test_out_of_order_and_late_records_are_the_same_records_delayed_within_their_bounds() -> None:
    plain, shuffled = run(), run(out_of_order=0.1, late=0.05)
    assert Counter(map(identity, shuffled)) == Counter(map(identity, plain))
    fates = Counter(d.fate for d in shuffled)
    assert 0.08 < fates[Fate.OUT_OF_ORDER] / len(plain) < 0.12
    assert 0.03 < fates[Fate.LATE] / len(plain) < 0.07
    for d in shuffled:
        delay = d.due_ms - d.record["ingested_at"]
        if d.fate is Fate.LATE:
            assert PLAIN.min_lateness_ms <= delay <= PLAIN.max_lateness_ms
        elif d.fate is Fate.OUT_OF_ORDER:
            assert 1 <= delay <= PLAIN.max_shift_ms
        else:
            assert delay == 0
    assert [d.due_ms for d in shuffled] == sorted(d.due_ms for d in shuffled)


@pytest.mark.parametrize("count", [0, 1, 8, 101])
def test_malformed_records_come_in_exact_numbers_kinds_in_turn_and_spread(count: int) -> None:
    deliveries = run(malformed=count)
    bad = [index for index, d in enumerate(deliveries) if d.fate is Fate.MALFORMED]
    assert [deliveries[index].malformed for index in bad] == [KINDS[turn % 8] for turn in range(count)]
    assert {deliveries[index].topic for index in bad} <= {POSTS}
    assert [identity(d) for d in deliveries if d.fate is not Fate.MALFORMED] == [identity(d) for d in run()]
    if count == 101:
        assert bad[0] < len(deliveries) // 20
        assert bad[-1] > len(deliveries) * 9 // 10


def test_idle_partitions_get_nothing_from_their_hour_on() -> None:
    start = PLAIN.start_ms + 2 * HOUR_MS
    deliveries = [d for d in run(idle_partitions=6, idle_from_hour=2) if d.topic == POSTS]
    idle = [d.record["ingested_at"] for d in deliveries if partition_of(d.key, 24) < 6]
    assert idle
    assert max(idle) < start
    busy = [d for d in run() if d.topic == POSTS and (partition_of(d.key, 24) >= 6 or d.record["ingested_at"] < start)]
    assert [identity(d) for d in busy] == [identity(d) for d in deliveries]


def test_clock_skew_shifts_each_poller_by_a_constant_within_its_bound() -> None:
    settings = replace(PLAIN, clock_skew_ms=60_000)
    offsets = {o.record["ingested_at"] - o.time_ms for o in observed(settings)}
    assert 2 <= len(offsets) <= 4
    assert max(map(abs, offsets)) <= 60_000


def test_choice_of_topics_changes_no_other_topic() -> None:
    everything = run()
    for topic in (POSTS, USERS, COMMENTS):
        assert [identity(d) for d in run(topics=(topic,))] == [identity(d) for d in everything if d.topic == topic]


@pytest.mark.parametrize(
    "change",
    [{"late": 1.5}, {"hours": 0}, {"late": 0.6, "out_of_order": 0.6}, {"topics": ("x",)}, {"clock_skew_ms": 600_000},
     {"malformed": 1, "topics": (USERS,)}, {"idle_partitions": 24}, {"malformed": -1}],
)  # fmt: skip
def test_a_knob_outside_its_range_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        replace(PLAIN, **change)
    assert next(iter(change)) in caught.value.message
