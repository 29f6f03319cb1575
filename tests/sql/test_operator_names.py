"""What Flink's page calls the operators of a job, and that names alone differ from what the planner would make."""

from __future__ import annotations

import re

import pytest

from jobs.pipeline import pipeline
from tests.sql.local_flink import LocalFlink, Vertex

pytestmark = [pytest.mark.flink, pytest.mark.timeout(300)]
JOB = pipeline(with_live=True)
_OPERATOR = re.compile(r"(\w+)(?:: \w+)?\[\d+\]|Source: (\w+)")


@pytest.fixture(scope="module")
def boxes(local_flink: LocalFlink) -> list[Vertex]:
    return local_flink.planned(JOB, named=True)


def test_each_operator_has_the_name_of_a_view_or_of_a_table(boxes: list[Vertex]) -> None:
    ours = {file.name for file in JOB.statements} | {sink.flink_table for sink in JOB.clickhouse}
    named = {view or source for box in boxes for view, source in _OPERATOR.findall(box.name)}
    assert named <= ours
    # The operators with state, by which a person finds what holds the others up.
    assert named >= {"post_hours", "post_verdicts", "momentum_candidates", "follower_history", "comments_with_snapshots"}
    assert named >= {"posts_tally", "users_tally", "comments_tally", "posts_counts", "users_counts", "comments_counts"}
    assert named >= {"live_verdicts", "live_scored", "live_tally", "rooms_tally", "live_counts", "rooms_counts"}
    assert named >= {"posts_observed", "comments_scored", "users_observed", "trending_hourly_verdicts"}
    # The page has room for the beginning of a name only.
    firsts = [match[1] for box in boxes if (match := re.match(r"(?:Source: |Sink: )?(\w+)", box.name))]
    assert len(firsts) == len(boxes)
    assert set(firsts) <= ours


def test_states_are_found_where_they_were(local_flink: LocalFlink, boxes: list[Vertex]) -> None:
    plain = local_flink.planned(JOB, named=False)
    assert any("Calc[" in box.name for box in plain)
    assert [(box.id, box.states) for box in boxes] == [(box.id, box.states) for box in plain]
