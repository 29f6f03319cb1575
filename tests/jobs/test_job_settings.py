"""Settings of a submission: flag over environment over default, and errors that name the setting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.settings import JobSettings, SettingError, parse, parse_duration, resolve


def settings(*argv: str, **environ: str) -> JobSettings:
    return resolve(parse("engagement", argv), {"TOKPULSE_DATA": "/nonexistent", **environ})


def test_defaults() -> None:
    found = settings()
    assert (found.watermark_delay or timedelta(minutes=2), found.idle_timeout, found.max_ahead) == (
        timedelta(minutes=2),
        timedelta(seconds=30),
        timedelta(minutes=5),
    )
    assert (found.stop_after_consecutive, found.stop_ratio) == (10_000, 0.5)
    assert (found.bounded, found.wait, found.partial_results) == (False, False, True)
    assert found.run_id


def test_defaults_of_the_class_are_those_of_the_command_line() -> None:
    found = settings("--run-id", "r")
    assert found == JobSettings(endpoints=found.endpoints, run_id="r")


@pytest.mark.parametrize(
    ("flag", "variable", "field", "from_flag", "from_environment"),
    [
        (
            "--watermark-delay",
            "TOKPULSE_WATERMARK_DELAY",
            "watermark_delay",
            ("1 s", timedelta(seconds=1)),
            ("3 min", timedelta(minutes=3)),
        ),
        ("--late-bound", "TOKPULSE_LATE_BOUND", "late_bound", ("2 d", timedelta(days=2)), ("3 h", timedelta(hours=3))),
        ("--idle-timeout", "TOKPULSE_IDLE_TIMEOUT", "idle_timeout", ("0 s", timedelta(0)), ("1 h", timedelta(hours=1))),
        ("--max-ahead", "TOKPULSE_MAX_AHEAD", "max_ahead", ("1 d", timedelta(days=1)), ("5 ms", timedelta(milliseconds=5))),
        ("--stop-ratio", "TOKPULSE_STOP_RATIO", "stop_ratio", ("0", 0.0), ("0.9", 0.9)),
        ("--stop-after-consecutive", "TOKPULSE_STOP_AFTER_CONSECUTIVE", "stop_after_consecutive", ("0", 0), ("7", 7)),
        ("--partial-results", "TOKPULSE_PARTIAL_RESULTS", "partial_results", ("on", True), ("off", False)),
        ("--run-id", "TOKPULSE_RUN_ID", "run_id", ("a", "a"), ("b", "b")),
    ],
)
def test_flag_over_environment_over_default(
    flag: str, variable: str, field: str, from_flag: tuple[str, object], from_environment: tuple[str, object]
) -> None:
    assert getattr(settings(**{variable: from_environment[0]}), field) == from_environment[1]
    assert getattr(settings(flag, from_flag[0], **{variable: from_environment[0]}), field) == from_flag[1]


def test_partial_results_are_off_in_a_bounded_run_unless_asked_for() -> None:
    assert settings("--bounded").partial_results is False
    assert settings("--bounded", "--partial-results", "on").partial_results is True
    assert settings("--bounded", TOKPULSE_PARTIAL_RESULTS="on").partial_results is True


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("TOKPULSE_WATERMARK_DELAY", "2 minutes", "watermark-delay: '2 minutes' is not a duration"),
        ("TOKPULSE_IDLE_TIMEOUT", "-1 s", "idle-timeout: '-1 s'"),
        ("TOKPULSE_MAX_AHEAD", "5", "max-ahead: '5'"),
        ("TOKPULSE_PARTIAL_RESULTS", "yes", "partial-results: 'yes' is neither on nor off"),
        ("TOKPULSE_STOP_RATIO", "half", "stop-ratio"),
        ("TOKPULSE_STOP_RATIO", "1.5", "stop-ratio"),
        ("TOKPULSE_STOP_RATIO", "nan", "stop-ratio"),
        ("TOKPULSE_STOP_AFTER_CONSECUTIVE", "-1", "stop-after-consecutive"),
        ("TOKPULSE_STOP_AFTER_CONSECUTIVE", "1.5", "stop-after-consecutive"),
    ],
)
def test_an_error_names_the_setting_and_says_what_is_allowed(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingError) as raised:
        settings(**{variable: value})
    assert says in raised.value.message
    assert raised.value.hint


def test_an_unknown_flag_ends_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        settings("--watermark", "1 s")
    assert raised.value.code == 2
    assert "--watermark" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1ms", timedelta(milliseconds=1)),
        (" 30 s ", timedelta(seconds=30)),
        ("2min", timedelta(minutes=2)),
        ("30 d", timedelta(days=30)),
    ],
)
def test_durations(text: str, value: timedelta) -> None:
    assert parse_duration("x", text) == value
