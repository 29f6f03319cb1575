"""Jobs as declarations: topics follow from file names, and one job can do the work of several."""

from __future__ import annotations

import pytest

from jobs.catalog import JOBS
from jobs.definition import combined, topic_of
from jobs.pipeline import pipeline as pipeline_of_parts


@pytest.mark.parametrize(
    ("table", "topic"),
    [
        ("posts_events", "tiktok.posts.events"),
        ("posts_events_dlq", "tiktok.posts.events.dlq"),
        ("followers_deltas_topic", "tiktok.followers.deltas"),
    ],
)
def test_a_table_is_named_after_its_topic(table: str, topic: str) -> None:
    assert topic_of(table) == topic


def test_a_table_named_after_nothing_is_refused() -> None:
    with pytest.raises(LookupError, match="not named after a topic"):
        topic_of("nothing")


def test_the_pipeline_has_each_file_of_its_parts_once() -> None:
    parts = [job for name, job in JOBS.items() if name != "pipeline"]
    pipeline = pipeline_of_parts(with_live=True)
    files = [*pipeline.statements, *pipeline.inserts]
    assert len(files) == len(set(files))
    assert set(files) == {file for job in parts for file in (*job.statements, *job.inserts)}
    assert set(pipeline.clickhouse) == {sink for job in parts for sink in job.clickhouse}
    assert combined("again", [pipeline, *parts]).statements == pipeline.statements
    without = pipeline_of_parts(with_live=False)
    assert set(pipeline.topics_read) - set(without.topics_read) == {"tiktok.live.events", "tiktok.live.rooms"}
    assert JOBS["pipeline"] == without, "without a word of the environment"


def test_each_topic_has_one_job_that_keeps_its_dead_letters() -> None:
    """Several jobs that read a topic would each write its bad records to the queue."""
    parts = [job for name, job in JOBS.items() if name != "pipeline"]
    queues = [topic for job in parts for topic in job.topics_written if topic.endswith(".dlq")]
    assert sorted(queues) == sorted({f"{topic}.dlq" for job in parts for topic in job.topics_read})


def test_a_job_that_judges_needs_the_published_thresholds() -> None:
    judging = {name for name, job in JOBS.items() if "tokpulse.thresholds" in job.topics}
    assert judging == {"trending", "followers", "live", "pipeline"}


def test_what_a_job_puts_in_order_it_counts_a_second_time() -> None:
    counted = {name: [records for records in ("posts", "users", "comments") if job.counts(records)] for name, job in JOBS.items()}
    alone = {"engagement": ["posts"], "trending": ["posts"], "followers": ["users"], "comments": ["comments"]}
    alone |= {"pipeline": ["posts", "users", "comments"]}
    assert counted == {name: alone.get(name, []) for name in JOBS}
