"""Catalogued edits of SQL and settings, planned by Flink: which of them leave the state of a running job where it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.clickhouse.outputs import ClickHouseSink
from connectors.endpoints import Endpoints
from jobs import build as build_module
from jobs.build import build, table_environment
from jobs.catalog import JOBS
from jobs.definition import JobDefinition
from jobs.operators import planned
from jobs.render import SqlFile, render
from jobs.settings import JobSettings
from jobs.state_fit import Operator, misfits
from tests.sql.local_flink import LocalFlink

pytestmark = [pytest.mark.sql, pytest.mark.timeout(300)]

# What has state in these jobs; a checkpoint says it itself.
_STATE = re.compile(r"TableSourceScan|ProcessTableFunction|GlobalWindowAggregate|Committer")


@dataclass(frozen=True)
class Edit:
    """`old` becomes `new` in the SQL of `file`; `settings` replace those of the submission; `more` is a further output."""

    title: str
    fits: bool
    file: str = ""
    old: str = ""
    new: str = ""
    settings: tuple[tuple[str, Any], ...] = ()
    more: ClickHouseSink | None = None
    job: str = "engagement"


EDITS = (
    Edit("nothing", True),
    Edit("a stricter filter", True, "posts_observed", "error IS NULL", "error IS NULL AND play_count < 1000000000000"),
    Edit("another formula", True, "engagement_hourly_maxima", "share_count AS eng", "share_count + download_count AS eng"),
    Edit("less of a bad record", True, "posts_dead_letters", "16384", "1024"),
    Edit("another reason in a header", True, "posts_events_dlq", "ENCODE(reason,", "ENCODE(UPPER(reason),"),
    Edit("a longer watermark delay", True, settings=(("watermark_delay", timedelta(minutes=9)),)),
    Edit("another late bound", True, settings=(("late_bound", timedelta(hours=3)),)),
    Edit(
        "another argument of a Python function",
        True,
        "comments_scored",
        "sentiment(id, text)",
        "sentiment(video_id, text)",
        job="comments",
    ),
    Edit("a function whose state has another form", False, "post_hours", "post_hours_of_counters", "post_hours_of_more"),
    Edit("a window of another size", False, "posts_tally", "INTERVAL '99 ", "INTERVAL '33 "),
    Edit("a count by another key", False, "posts_tally", "GROUP BY kafka_partition,", "GROUP BY kafka_partition, duration,"),
    Edit("another aggregate", False, "posts_tally", "COUNT(*)", "MAX(play_count)"),
    Edit("a branch that goes away", False, settings=(("partial_results", False),)),
    Edit("an output more", False, more=ClickHouseSink(view="post_observations", table="post_observations_log")),
)


def operators(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> tuple[Operator, ...]:
    """The operators of the job with `edit`, which must change what it says that it changes."""
    addresses = {
        "KAFKA_BOOTSTRAP_SERVERS": "none:1",
        "SCHEMA_REGISTRY_URL": "http://none",
        "CLICKHOUSE_URL": "http://u:p@none:1/tokpulse",
    }
    settings = replace(JobSettings(Endpoints(addresses, Path()), "run"), **dict(edit.settings))
    job = JOBS[edit.job]
    if edit.more:
        job = JobDefinition(job.name, (*job.outputs, edit.more))
    changed: list[str] = []

    def edited(file: SqlFile, values: Any) -> str:
        text = render(file, values)
        if file.name == edit.file and edit.old in text:
            changed.append(file.name)
            return text.replace(edit.old, edit.new)
        return text

    with monkeypatch.context() as patched:
        patched.setattr(build_module, "render", edited)
        t_env = table_environment(job, settings)
        found = planned(t_env, build(t_env, job, settings), job)
    assert set(changed) == ({edit.file} if edit.file else set())
    return found


@pytest.fixture(scope="module")
def running(local_flink: LocalFlink) -> dict[str, tuple[Operator, ...]]:
    """The jobs as they are."""
    with pytest.MonkeyPatch.context() as patched:
        return {name: operators(Edit("", True, job=name), patched) for name in ("engagement", "comments")}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.title)
def test_an_edit_is_known_to_keep_the_state_or_to_need_a_replay(
    running: dict[str, tuple[Operator, ...]], edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = [one for one in running[edit.job] if _STATE.search(one.text or one.name)]
    assert len(stored) >= 3
    reasons = misfits(stored, operators(edit, monkeypatch))
    assert (reasons == []) == edit.fits, reasons
