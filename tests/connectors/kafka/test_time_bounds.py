"""The earliest times that records may have: one definition, and whoever repeats it agrees."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.topics import load_topics
from connectors.kafka.validation import EARLIEST, EARLIEST_CREATED_MS, EARLIEST_MS, ClockError, RecordValidator, day
from tests.laws.repository import ROOT

NOW_MS = 1_764_000_000_123
POST: dict[str, Any] = {
    "aweme_id": "7", "region": None, "title": "", "duration": 1, "play": "", "wmplay": "", "hdplay": None, "play_count": 1,
    "digg_count": 0, "comment_count": 0, "share_count": 0, "download_count": 0, "collect_count": 0, "create_time": 1_700_000_000,
    "author_id": "6", "ingested_at": NOW_MS,
}  # fmt: skip


def check(**changed: int) -> None:
    schema = json.loads(load_topics()["tiktok.posts.events"].schema_text())
    RecordValidator(schema, lambda: NOW_MS).check(POST | changed)


# 2014-01-01, 2014-08-27 (musical.ly), 2015-12-31T23:59:59, 2016-01-01, now.
@pytest.mark.parametrize("created_s", [1_388_534_400, 1_409_097_600, 1_451_606_399, 1_451_606_400, NOW_MS // 1000])
def test_old_posts_are_good(created_s: int) -> None:
    check(create_time=created_s)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("create_time", 1_388_534_399, "1388534399 is before 2014-01-01"),
        ("create_time", 0, "0 is before 2014-01-01"),
        ("create_time", NOW_MS, "is .* in the future"),
        ("ingested_at", EARLIEST_MS - 1, "is before 2016-01-01"),
        ("ingested_at", 1_409_097_600_000, "is before 2016-01-01"),
    ],
)
def test_what_no_clock_can_have_said(field: str, value: int, problem: str) -> None:
    with pytest.raises(ClockError, match=f"field {field}: .*{problem}"):
        check(**{field: value})


def test_whoever_repeats_the_bounds_agrees() -> None:
    assert EARLIEST == {"ingested_at": EARLIEST_MS, "create_time": EARLIEST_CREATED_MS}
    java = next(Path(ROOT).rglob("AvroDlqOptions.java")).read_text(encoding="utf-8")
    assert f".defaultValue({EARLIEST_MS}L)" in java
    assert day(EARLIEST_MS) in java
    assert (
        f"| `event-time-min` | {EARLIEST_MS} | smallest event time ({day(EARLIEST_MS)}) |" in (ROOT / "docs/format.md").read_text()
    )
    page = (ROOT / "docs/ingestion.md").read_text(encoding="utf-8")
    for field, earliest_ms in EARLIEST.items():
        assert f"`{field}` is before {day(earliest_ms)}" in page or f"`{field}` before {day(earliest_ms)}" in page
    # What Flink takes for a time of creation must hold all that pollers let through.
    bounds = [
        (path.name, int(low))
        for path in (ROOT / "sql").rglob("*.sql")
        for low in re.findall(r"create_time BETWEEN (\d+) AND", path.read_text(encoding="utf-8"))
    ]
    assert bounds
    assert [name for name, low in bounds if low > EARLIEST_CREATED_MS // 1000] == []
