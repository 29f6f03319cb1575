"""Each mart's SQL over the rows of `<mart>/given.yaml`, compared with `<mart>/expect.yaml`.

`given` has rows by source, in the order they are read; columns that do not matter are left out. `expect` names columns, and has all
rows in any order; with a `key`, only the last row of each key, for how often it came before depends on which source was faster.
Thresholds are those of conftest.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.catalog import JOBS
from jobs.graph import ACCOUNTS, graph
from tests.sql.local_flink import LocalFlink, Row, plain

FOLDER = Path(__file__).parent
MARTS = sorted(path.parent.name for path in FOLDER.glob("*/given.yaml"))
# Marts whose rows these tests cannot say -> why.
ELSEWHERE = {
    "comments_late_snapshots": "which snapshots come after their comments depends on which source is faster: LatestSnapshotTest",
    "trending_hourly_verdicts": "trending_hourly is the same",
    "posts_rejected": "posts_dead_letters is the same",
    "posts_tally": "posts_ledger is the same",
}
_COUNTERS = ("play_count", "digg_count", "comment_count", "share_count", "download_count", "collect_count")
_STATS = ("followerCount", "followingCount", "heartCount", "videoCount", "diggCount")
_USER = {"uniqueId": "handle", "nickname": "Name", "secUid": "sec", "verified": False, "privateAccount": False, "region": None}
DEFAULTS: dict[str, dict[str, Any]] = {
    "posts_events": {
        "aweme_id": "p",
        "author_id": "a",
        "title": "",
        "region": None,
        "duration": 15,
        "create_time": 1767600000,
        **dict.fromkeys(_COUNTERS, 0),
    },
    "users_snapshots": {"userid": "a", "user": {"id": "a", **_USER}, "stats": dict.fromkeys(_STATS, 0)},
    "comments_events": {
        "id": "c",
        "video_id": "p",
        "text": "",
        "create_time": 1767600000,
        "digg_count": 0,
        "reply_total": 0,
        "user": {"id": "a", "uniqueId": "handle", "nickname": "Name", "region": None},
    },
    "live_events": {"room_id": "r", "event": "chat", "host_unique_id": "host", "connection_id": "c", "payload": "{}"},
    "live_rooms": {"room_id": "r", "host_unique_id": "host", "source": "websocket"},
}


def rows_of(source: str, rows: Iterable[Row]) -> list[Row]:
    """Rows with what was left out. A row with `error` has nothing but that, and where it was."""
    full: list[Row] = []
    for offset, row in enumerate(rows):
        place = {"kafka_key": b"key", "kafka_partition": 0, "kafka_offset": offset}
        if "error" in row:
            # A watermark cannot be made of no time.
            full.append({**place, "ingested_at": 0, **row})
        else:
            stats = {"stats": {**DEFAULTS[source].get("stats", {}), **row["stats"]}} if "stats" in row else {}
            full.append({**DEFAULTS[source], **place, **_timed(row), **stats})
    return full


def _timed(row: Row) -> Row:
    """Times are read as YAML has them, and are milliseconds in records; create_time is seconds."""
    return {
        name: round(_utc(value).timestamp() * (1 if name == "create_time" else 1000)) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


def load(mart: str, name: str) -> Any:
    return yaml.safe_load((FOLDER / mart / f"{name}.yaml").read_text(encoding="utf-8"))


def comparable(rows: Iterable[Iterable[Any]]) -> list[str]:
    """In an order of their own, whatever their types."""
    return sorted(repr([plain(value) for value in row]) for row in rows)


@pytest.mark.sql
@pytest.mark.parametrize("mart", MARTS)
def test_rows(local_flink: LocalFlink, mart: str) -> None:
    given: Mapping[str, list[Row]] = load(mart, "given")
    expect = load(mart, "expect")
    columns = expect["columns"]
    found = local_flink.rows(mart, {source: rows_of(source, rows) for source, rows in given.items()})
    if "key" in expect:
        found = list({tuple(row[name] for name in expect["key"]): row for row in found}.values())
    assert comparable([row[name] for name in columns] for row in found) == comparable(expect["rows"])


def test_every_mart_that_leaves_a_job_is_here() -> None:
    written = {sink.view for job in JOBS.values() for sink in job.clickhouse}
    written |= {name for job in JOBS.values() for insert in job.inserts for name in graph().reads(insert)}
    marts = {name for name in written if graph().creators[name].path.parent.name in ("30_marts", ACCOUNTS)}
    # The accounts of one topic stand for those of all: they are one template.
    others = {name for name in marts if graph().creators[name].path.parent.name == ACCOUNTS and not name.startswith("posts_")}
    assert marts - others - ELSEWHERE.keys() - set(MARTS) == set()
    assert set(MARTS) <= marts
