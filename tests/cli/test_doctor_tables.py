"""What the doctor makes of the rows in ClickHouse."""

from __future__ import annotations

from typing import Any

import pytest

from cli import doctor_tables
from cli.doctor_findings import Finding, Level, ok

NOW_S = 1_800_000_000.0
NOW_MS = int(NOW_S * 1000)
OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL


def extent(rows: int, newest_s: float) -> dict[str, Any]:
    return {"rows_held": rows, "hours_held": 2, "newest_start": int(newest_s), "newest_final_start": 0}


@pytest.mark.parametrize(("row", "level"), [(extent(0, 0), FAIL), (extent(9, NOW_S - 1800), OK), (extent(9, NOW_S - 86_400), WARN)])
def test_rows(row: dict[str, Any], level: Level) -> None:
    assert doctor_tables.extent(row, NOW_S).level is level


@pytest.mark.parametrize(("versions", "cause"), [(0, "thresholds_missing"), (1, "")])
def test_thresholds(versions: int, cause: str) -> None:
    assert doctor_tables.judged_thresholds(versions).cause == cause


@pytest.mark.parametrize(("held", "missing", "level"), [(0, 0, OK), (100, 90, OK), (100, 91, WARN)])
def test_comments(held: int, missing: int, level: Level) -> None:
    row = {"rows_held": held, "newest": NOW_S + 1, "missing": missing}
    assert doctor_tables.judged_comments(row, NOW_S).level is level


def reason(example: str, recent: int = 7, topic: str = "posts", age_s: float = 60) -> dict[str, Any]:
    counts = {"records": recent + 5, "of_last_day": recent, "partitions": [3, 4], "newest_ms": NOW_MS - age_s * 1000}
    return {"topic": topic, "code": example.partition(":")[0], "example": example, **counts}


def letters(*found: dict[str, Any]) -> list[Finding]:
    return list(doctor_tables.dead_letters(found, NOW_MS))


def test_dead_letters_name_the_most_frequent_reason_and_its_partitions() -> None:
    (found,) = letters(reason("truncated: after 3 bytes"), reason("bad_magic: 0x01", 2))
    assert found.cause == "dead_letters"
    assert "9 quarantined within a day, most often truncated (partitions 3, 4), e.g. truncated: after 3 bytes" in found.text


def test_dead_letters_of_long_ago_are_no_fault() -> None:
    assert letters() == [ok("dead letters", "none within a day")]
    assert letters(reason("truncated: x", 0)) == [ok("dead letters", "none within a day, 5 before")]


@pytest.mark.parametrize(
    ("example", "cause", "text"),
    [
        (f"event_time_in_future: ingested_at={NOW_MS + 3_540_000} is more than 300000 ms ahead", "future_clock", "60 min ahead"),
        (f"event_time_in_future: ingested_at={NOW_MS * 1000} is more than 1 ms ahead", "seconds_for_ms", "is microseconds"),
        (f"event_time_out_of_range: ingested_at={NOW_MS // 1000} is before 1577836800000", "seconds_for_ms", "is seconds"),
        ("event_time_out_of_range: ingested_at=5 is before 1577836800000", "dead_letters", "event_time_out_of_range"),
        ("event_time_out_of_range: ingested_at is null", "dead_letters", "event_time_out_of_range"),
        ("unknown_schema_id: 77", "schema_id_unknown", "schema id 77"),
    ],
)
def test_a_reason_that_tells_its_cause(example: str, cause: str, text: str) -> None:
    (found,) = letters(reason(example))
    assert (found.cause, text in found.text, found.about) == (cause, True, "posts")
    assert "partitions 3, 4" in found.text


def test_what_was_quarantined_hours_ago_is_a_warning() -> None:
    assert [each.level for age_s in (60, 3_700) for each in letters(reason("unknown_schema_id: 7", age_s=age_s))] == [FAIL, WARN]


def test_ledger_and_parts() -> None:
    row = {"job": "engagement", "run_id": "r", "topic": "t", "read": 6, "counted": 3, "late": 1, "beyond_bound": 1}
    row |= {"quarantined": 0, "unaccounted": 1}
    assert doctor_tables.ledger([]).level is OK
    assert doctor_tables.ledger([row | {"unaccounted": -1}]).level is WARN
    found = doctor_tables.ledger([row | {"run_id": "more", "unaccounted": -1}, row])
    assert found.level is FAIL
    assert "1 run(s) do not add up; r: 6 read, 3 counted, 1 late, 1 beyond the late bound, 0 quarantined" in found.text
    assert doctor_tables.detached([]).level is OK
    assert doctor_tables.detached([{"table": "x", "parts": 2, "example": ""}]).level is FAIL


def late_run(run_id: str, late: int, beyond_bound: int = 0, read: int = 10_000) -> dict[str, Any]:
    counts = {"read": read, "late": late, "beyond_bound": beyond_bound, "late_share": (late + beyond_bound) / read}
    return {"job": "pipeline", "run_id": run_id, "topic": "posts", **counts}


@pytest.mark.parametrize(
    ("found", "level", "text"),
    [
        ([], OK, "no late records in the runs of the last day"),
        ([late_run("r", 10)], OK, "at most 0.10% of what a run of the last day has read"),
        ([late_run("r", 11), late_run("s", 1)], WARN, "r of posts: 10,000 read, 11 late, 0 beyond the late bound (0.11%)"),
        ([late_run("r", 100)], WARN, "r of posts: 10,000 read, 100 late, 0 beyond the late bound (1.00%)"),
        ([late_run("r", 101), late_run("s", 11)], FAIL, "r of posts: 10,000 read, 101 late, 0 beyond the late bound (1.01%)"),
        # Few beyond the bound are worse than many that are late: the first is only in maxima.
        ([late_run("s", 90), late_run("r", 0, 1)], FAIL, "r of posts: 10,000 read, 0 late, 1 beyond the late bound (0.01%)"),
    ],
)
def test_late(found: list[dict[str, Any]], level: Level, text: str) -> None:
    finding = doctor_tables.late(found)
    assert (finding.level, finding.text) == (level, text)
    assert (level is OK) == (finding.todo == "")


def test_late_names_the_first_runs_of_many() -> None:
    text = doctor_tables.late([late_run(f"r{number}", 500) for number in range(5)]).text
    assert [f"r{number} of posts" in text for number in range(5)] == [True, True, True, False, False]
    assert text.endswith("; and 2 more")


def test_quality() -> None:
    def found(tests: int, failed: int, warned: int) -> Finding:
        row = {"checked": NOW_S - 600, "tests": tests, "failed": failed, "warned": warned, "example": "posts not_null: 1 of 2"}
        return doctor_tables.quality(row, NOW_S)

    assert found(0, 0, 0).level is OK
    assert found(9, 0, 2) == ok("quality", "9 tests 10 min ago, 0 failed, 2 warned")
    assert found(9, 1, 0).level is WARN
    assert found(9, 1, 0).text == "9 tests 10 min ago, 1 failed, 0 warned, e.g. posts not_null: 1 of 2"
