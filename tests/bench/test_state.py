from __future__ import annotations

import json
from typing import Any

import pytest

from bench.checkpoints import StateSize, state_size
from bench.clickhouse_queries import statement
from bench.state import HOURS, SETTINGS, State
from bench.state_stream import Minute, minutes
from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.avro import AvroCodec, header, split
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from simulator.bulk import BulkSettings
from simulator.settings import POSTS, USERS

SMALL = BulkSettings(posts=40, creators=10, hours=3, poll_minutes=6)
DETAILS: dict[str, Any] = {
    "id": 12,
    "state_size": 1_000,
    "tasks": {"a": {"state_size": 900, "id": 12}, "b": {"state_size": 100, "id": 12}},
}


def sizes(total: int, **vertices: int) -> StateSize:
    return StateSize(1, total, vertices)


def state(before: int, after: int) -> State:
    return State(2_000, 1_000_000, 5_000_000, sizes(before, source=before), sizes(after, source=after))


def posts(run: list[Minute]) -> list[dict[str, Any]]:
    codec = AvroCodec(load_topics()[POSTS].schema_text())
    return [codec.decode(split(bytes(message["value"]))[1]) for minute in run for message in minute.posts]  # type: ignore[arg-type]


def test_sizes_are_told_by_the_names_of_vertices() -> None:
    found = state_size(DETAILS, {"a": "Window[1]", "b": "Source: posts[2]", "c": "added since"})
    assert found == StateSize(12, 1_000, {"Window[1]": 900, "Source: posts[2]": 100})


@pytest.mark.parametrize(("after", "flat"), [(1_000, True), (1_100, True), (1_101, False), (900, True), (899, False)])
def test_flat_is_the_same_within_a_tenth(after: int, flat: bool) -> None:
    assert state(1_000, after).flat is flat


def test_the_text_says_what_grew_and_that_it_is_not_flat() -> None:
    grown = State(2_000, 1_000_000, 5_000_000, sizes(1_000, a=900, b=99, c=1), sizes(5_000, a=4_900, b=99, c=1))
    lines = grown.text().splitlines()
    assert lines[0].split()[-5:] == ["1,000,000", "obs.", "5,000,000", "obs.", "ratio"]
    assert [line.split() for line in lines[2:5]] == [
        ["whole", "job", "1,000", "5,000", "5.000"],
        ["a", "900", "4,900", "5.444"],
        ["b", "99", "99", "1.000"],
    ]
    assert "NOT flat within 10 %." in grown.text()
    assert "NOT" not in state(1_000, 1_000).text()


def test_an_operator_that_had_no_state_before_is_no_division_by_zero() -> None:
    fresh = State(1, 1, 2, sizes(100, a=100), sizes(200, a=100, b=100))
    assert ["b", "0", "100", "-"] in [line.split() for line in fresh.text().splitlines()]


def test_figures_are_json_with_every_operator() -> None:
    figures = json.loads(json.dumps(state(1_000, 1_010).figures()))
    assert figures["flat"] is True
    assert figures["ratio"] == 1.01
    assert figures["states"][1]["vertices"] == {"source": 1_010}


def test_the_run_has_the_observations_that_it_promises_with_whole_hours_between() -> None:
    per_hour = SETTINGS.posts * 60 // SETTINGS.poll_minutes
    assert [hours * per_hour for hours in HOURS] == [1_000_000, 5_000_000]
    assert SETTINGS.hours == max(HOURS)
    assert SETTINGS.start_ms % HOUR_MS == 0


def test_each_hour_has_all_posts_and_all_their_authors() -> None:
    run = list(minutes(SMALL, header(3)))
    assert len(run) == SMALL.hours * 60
    observed = posts(run)
    authors = {record["author_id"] for record in observed}
    for hour in range(SMALL.hours):
        part = run[hour * 60 : (hour + 1) * 60]
        assert len({record["aweme_id"] for record in posts(part)}) == SMALL.posts
        assert {str(record["userid"]) for minute in part for record in minute.snapshots} == authors


def test_snapshots_are_valid_and_of_their_minute() -> None:
    validator = RecordValidator(AvroCodec(load_topics()[USERS].schema_text()).declared)
    for number, minute in enumerate(minutes(SMALL, header(3))):
        for record in minute.snapshots:
            validator.check(record)
            assert record["ingested_at"] == SMALL.start_ms + number * MINUTE_MS


def test_the_query_of_judged_posts_names_its_parameter() -> None:
    assert "{window_start_ms:Int64}" in statement("judged_posts")
