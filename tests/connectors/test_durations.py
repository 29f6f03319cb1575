"""One grammar of durations for files, options and variables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.durations import parse_duration, parse_ms


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("90s", timedelta(seconds=90)),
        ("2m", timedelta(minutes=2)),
        ("2 min", timedelta(minutes=2)),
        (" 24 h ", timedelta(hours=24)),
        ("1d", timedelta(days=1)),
        ("0 s", timedelta(0)),
    ],
)
def test_both_spellings_are_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert parse_ms(text) == duration / timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text", ["", "5", "2 minutes", "1.5 h", "-1 s", "nan", "1h30m", "٣ s", "9" * 12 + "d", "9" * 99 + "s", 5, None]
)
def test_what_is_none_is_named(text: object) -> None:
    with pytest.raises(ValueError, match=r"is not a duration: write a whole number and ms, s, m \(or min\), h or d"):
        parse_duration(text)
