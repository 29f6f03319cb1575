import pytest

from cli.times import TimeFormatError, parse_time_ms

NOW = 1_767_571_200_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [("now", NOW), ("-26h", NOW - 26 * 3_600_000), ("-90s", NOW - 90_000), ("-2d", NOW - 172_800_000),
     ("2026-01-05T00:00:00Z", NOW), ("2026-01-05", NOW), ("2026-01-05T01:00:00.250+01:00", NOW + 250), (str(NOW), NOW)],
)  # fmt: skip
def test_times(text: str, expected: int) -> None:
    assert parse_time_ms(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "26h", "-3w", "2026-13-01"])
def test_no_times(text: str) -> None:
    with pytest.raises(TimeFormatError, match="--start"):
        parse_time_ms(text, NOW, "--start")
