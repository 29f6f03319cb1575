from __future__ import annotations

import json
from typing import Any

import pytest

from bench.checkpoints import StateSize, state_size
from bench.clickhouse_queries import statement
from bench.state import CADENCES, HOURS, State, settings
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


def state(*totals: int) -> State:
    return State(100, {cadence: sizes(total, source=total) for cadence, total in zip(CADENCES, totals, strict=True)})


def posts(run: list[Minute]) -> list[dict[str, Any]]:
    codec = AvroCodec(load_topics()[POSTS].schema_text())
    return [codec.decode(split(bytes(message["value"]))[1]) for minute in run for message in minute.posts]  # type: ignore[arg-type]


def test_sizes_are_told_by_the_names_of_vertices() -> None:
    found = state_size(DETAILS, {"a": "Window[1]", "b": "Source: posts[2]", "c": "added since"})
    assert found == StateSize(12, 1_000, {"Window[1]": 900, "Source: posts[2]": 100})


@pytest.mark.parametrize(
    ("totals", "flat"), [((1_000, 1_000, 1_100), True), ((1_000, 1_101, 1_000), False), ((1_100, 1_050, 999), False)]
)
def test_flat_is_the_same_within_a_tenth(totals: tuple[int, int, int], flat: bool) -> None:
    assert state(*totals).flat is flat


def test_the_text_has_bytes_per_post_and_says_what_is_not_flat() -> None:
    grown = State(10, {1: sizes(1_000, a=900, b=99, c=1), 60: sizes(5_000, a=4_900, b=99, c=1)})
    lines = grown.text().splitlines()
    assert lines[0].split()[-4:] == ["1", "obs./h", "60", "obs./h"]
    assert [line.split() for line in lines[2:5]] == [["whole", "job", "100", "500"], ["a", "90", "490"], ["b", "10", "10"]]
    assert "NOT flat within 10%: the largest is 5.000 of the smallest." in grown.text()
    assert "NOT" not in state(1_000, 1_000, 1_000).text()


def test_an_operator_that_had_no_state_in_another_run_has_none() -> None:
    fresh = State(1, {1: sizes(100, a=100), 10: sizes(200, a=100, b=100)})
    assert ["b", "0", "100"] in [line.split() for line in fresh.text().splitlines()]


def test_figures_are_json_with_every_operator() -> None:
    figures = json.loads(json.dumps(state(1_000, 1_010, 1_000).figures()))
    assert figures["flat"] is True
    assert figures["spread"] == 1.01
    assert figures["states"]["10"]["vertices"] == {"source": 1_010}


@pytest.mark.parametrize("cadence", CADENCES)
def test_a_post_is_observed_as_often_as_the_cadence_says_with_whole_hours(cadence: int) -> None:
    run = settings(cadence)
    assert 60 // run.poll_minutes == cadence
    assert run.hours == HOURS
    assert run.start_ms % HOUR_MS == 0


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
