"""What `tokpulse quality` shows of its results, and what it makes of them as a whole."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from cli.quality import _show
from cli.quality_view import as_data, summary, table_of
from connectors.console import new_console
from polling.live.terms import FILE, TermsLog
from quality.results import MetricsFileError, Result, Status, judged, worst, write_metrics

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "quality" / "table.txt"
RESULTS = [
    Result("engagement_hourly", "freshness", "", "error", Status.PASS, 0, "newest row 2026-01-08 11:00 UTC, 0.4 h ago"),
    Result("engagement_hourly", "never_falls", "play_count", "warn", Status.WARN, 2, "2 of 9,120 fell by more than 1%, e.g. 71"),
    Result(
        "engagement_hourly",
        "reconcile",
        "",
        "error",
        Status.FAIL,
        118,
        "lacks 118 of 4,310 rows of tiktok.posts.events: 2026-01-08 03:00 118; the first is aweme_id 71, partition 4 offset 17",
    ),
    Result("pipeline_ledger", "ledger_balance", "", "error", Status.PASS, 0, "3 checked"),
    Result("trending_hourly", "not_null", "aweme_id", "error", Status.FAIL, 1, "1 of 8 have no value, e.g. [red]"),
]


def test_the_table_is_as_agreed() -> None:
    out = StringIO()
    new_console(file=out, width=132).print(table_of(RESULTS))
    shown = "\n".join(line.rstrip() for line in f"{out.getvalue()}{summary(RESULTS)}\n".splitlines()) + "\n"
    assert shown == GOLDEN.read_text(encoding="utf-8")


def test_json_has_every_result_and_the_worst_status() -> None:
    data = as_data("r", 1_767_873_600_123, RESULTS)
    assert (data["run_id"], data["checked_at"], data["status"]) == ("r", "2026-01-08T12:00:00.123+00:00", "fail")
    assert [one["status"] for one in data["results"]] == ["pass", "warn", "fail", "pass", "fail"]
    assert data["results"][1] == {
        "dataset": "engagement_hourly",
        "test": "never_falls",
        "column": "play_count",
        "severity": "warn",
        "status": "warn",
        "failing_rows": 2,
        "detail": "2 of 9,120 fell by more than 1%, e.g. 71",
    }


def test_who_accepted_live_polling_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    _show("r", 1_767_873_600_123, RESULTS, False, False)
    assert "LIVE polling: nobody has accepted" in capsys.readouterr().out
    TermsLog(tmp_path / FILE).add("accepted", "Ada [bold]", 1_767_873_600_123)
    _show("r", 1_767_873_600_123, RESULTS, False, False)
    assert "LIVE polling: accepted by Ada [bold] on 2026-01-08T12:00Z (text 1)" in capsys.readouterr().out
    _show("r", 1_767_873_600_123, RESULTS, True, False)
    assert json.loads(capsys.readouterr().out)["live_terms"].startswith("accepted by Ada")


def test_a_warning_is_no_failure() -> None:
    assert judged("warn", failing=True) is Status.WARN
    assert judged("error", failing=True) is Status.FAIL
    assert judged("error", failing=False) is Status.PASS
    assert worst(RESULTS[:2]) is Status.WARN
    assert worst(RESULTS) is Status.FAIL
    assert worst([]) is Status.PASS


def test_metrics_are_written_for_prometheus(tmp_path: Path) -> None:
    path = tmp_path / "tokpulse.prom"
    write_metrics(path, 1_767_873_600_000, RESULTS)
    text = path.read_text()
    assert 'tokpulse_quality_status{column="",dataset="engagement_hourly",test="reconcile"} 2.0' in text
    assert 'tokpulse_quality_failing_rows{column="",dataset="engagement_hourly",test="reconcile"} 118.0' in text
    assert 'tokpulse_quality_status{column="play_count",dataset="engagement_hourly",test="never_falls"} 1.0' in text
    assert "tokpulse_quality_checked_timestamp_seconds 1.7678736e+09" in text


def test_metrics_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(MetricsFileError, match=r"cannot write .*tokpulse\.prom: No such file"):
        write_metrics(tmp_path / "nowhere" / "tokpulse.prom", 0, RESULTS)
