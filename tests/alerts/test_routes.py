"""The notifier's file: which alert goes where, when a channel is quiet, and which line is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.facts import Facts, Known
from alerts.routes import NotifyFile, NotifyFileError, QuietHours, Routing, check_names, load_file, routing
from tests.alerts.receiver import AUTHOR, alert, followers, momentum, trending

CHANNELS = ["slack", "teams", "sport", "big"]
FILE = """\
channels:
  sport: {service: slack, address: TOKPULSE_SLACK_SPORT}
  big: {service: webhook, address: TOKPULSE_BIG}
routes:
  - tags: ["#Football", tennis]
    kinds: [trending, momentum]
    to: [sport]
  - tiers: [big]
    to: [big, slack]
  - creators: ["@Anna", 6800000000075180760]
    to: [teams]
quiet_hours:
  - {from: "22:00", to: "07:00", time_zone: Europe/Berlin, channels: [slack]}
"""


def read(tmp_path: Path, text: str, channels: list[str] | None = None) -> Routing:
    path = tmp_path / "notify.yaml"
    path.write_text(text, encoding="utf-8")
    file, lines = load_file(path)
    check_names(path, file, lines)
    return routing(path, file, lines, CHANNELS if channels is None else channels)


@pytest.mark.parametrize(
    ("facts", "channels"),
    [
        (Facts(alert(trending(author_id="1", tier="small")), Known(hashtags=("tennis",))), ["sport"]),
        (Facts(alert(momentum(author_id="1", tier="big")), Known(hashtags=("football",))), ["sport"]),
        (Facts(alert(trending(author_id="1", tier="big")), Known(hashtags=("pasta",))), ["big", "slack"]),
        (Facts(alert(trending(author_id="1", tier="mid")), Known(handle="anna")), ["teams"]),
        (Facts(alert(trending(tier="mid"))), ["teams"]),
        (Facts(alert(followers(AUTHOR))), ["teams"]),
    ],
)
def test_the_first_route_that_takes_an_alert_decides(tmp_path: Path, facts: Facts, channels: list[str]) -> None:
    # All four are named: the rest has to go somewhere.
    text = FILE.replace("quiet_hours:", "  - {to: [slack]}\nquiet_hours:")
    assert read(tmp_path, text).channels_of(facts) == channels
    assert read(tmp_path, text).channels_of(Facts(alert(trending(author_id="1", tier="mid")))) == ["slack"]


def test_what_no_route_takes_goes_to_the_channels_that_none_names(tmp_path: Path) -> None:
    assert read(tmp_path, FILE, [*CHANNELS, "webhook"]).channels_of(Facts(alert(followers("1")))) == ["webhook"]
    assert Routing(CHANNELS).channels_of(Facts(alert(followers("1")))) == CHANNELS


def test_only_tags_and_handles_need_a_lookup(tmp_path: Path) -> None:
    assert read(tmp_path, FILE, [*CHANNELS, "webhook"]).needs_lookup
    assert not read(tmp_path, "routes:\n  - {tiers: [big], to: [big]}\n").needs_lookup
    assert not read(tmp_path, "routes: []\n").needs_lookup


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FILE.replace("to: [sport]", "to: [sprot]"), "notify.yaml:7: routes[0].to[0]: no channel 'sprot' has an address"),
        (FILE.replace("channels: [slack]}", "channels: [slak]}"), "notify.yaml:13: quiet_hours[0].channels[0]: no channel 'slak'"),
        (FILE, "notify.yaml:4: routes: an alert that none of them takes would go nowhere"),
        (
            FILE.replace("Europe/Berlin", "Europe/Berln"),
            "notify.yaml:13: quiet_hours[0].time_zone: 'Europe/Berln' is not a time zone",
        ),
        (FILE.replace('"22:00"', '"25:00"'), "notify.yaml:13: quiet_hours[0].from: '25:00' is not a time of day"),
        (
            FILE.replace("TOKPULSE_BIG", "https://x/T0K3N"),
            "notify.yaml:3: channels.big.address: is not the name of an environment variable",
        ),
        (FILE.replace("service: webhook", "service: mail"), "notify.yaml:3: channels.big.service"),
        (FILE.replace("  big: {", "  teams: {"), "notify.yaml:3: channels.teams: is always there, by TOKPULSE_TEAMS_WEBHOOK"),
        (FILE.replace("momentum]", "hype]"), "notify.yaml:6: routes[0].kinds[1]: 'hype' is no kind of alert"),
        (FILE.replace("tiers:", "tires:"), "notify.yaml:8: routes[1].tires: unknown key"),
        ("routes: [", "notify.yaml:"),
        ("- slack", "notify.yaml:1: (top level): is not a mapping"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(NotifyFileError) as raised:
        read(tmp_path, text)
    assert message in raised.value.message
    assert "T0K3N" not in raised.value.message + raised.value.hint


def hours(begin: str, end: str, zone: str = "Europe/Berlin") -> QuietHours:
    return NotifyFile.model_validate({"quiet_hours": [{"from": begin, "to": end, "time_zone": zone}]}).quiet_hours[0]


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "left_s"),
    [
        ("2026-01-05T20:59:59", 0),
        ("2026-01-05T21:00:00", 9 * 3600),
        ("2026-01-06T05:59:00", 60),
        ("2026-01-06T06:00:00", 0),
        # In the night to 29 March an hour is left out, in that to 25 October one comes twice.
        ("2026-03-28T21:00:00", 8 * 3600),
        ("2026-10-24T20:00:00", 10 * 3600),
    ],
)
def test_quiet_hours_are_those_of_the_time_zone(now: str, left_s: int) -> None:
    assert hours("22:00", "07:00").seconds_left(ms(now)) == left_s


def test_quiet_hours_within_a_day_and_of_one_channel() -> None:
    noon = hours("12:00", "13:00", "UTC")
    assert noon.seconds_left(ms("2026-01-05T12:30:00")) == 1800
    assert noon.seconds_left(ms("2026-01-05T13:00:00")) == 0
    some = Routing(CHANNELS, (), (noon.model_copy(update={"channels": ["slack"]}),))
    assert some.quiet_seconds("slack", ms("2026-01-05T12:30:00")) == 1800
    assert some.quiet_seconds("teams", ms("2026-01-05T12:30:00")) == 0


@given(
    st.integers(ms("2026-01-01T00:00:00"), ms("2027-01-01T00:00:00")),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_when_quiet_hours_are_over_they_are_over(now_ms: int, zone: str) -> None:
    quiet = hours("21:30", "06:15", zone)
    left = quiet.seconds_left(now_ms)
    assert 0 <= left <= 10 * 3600
    if left:
        assert quiet.seconds_left(now_ms + round(left * 1000)) == 0
        assert quiet.seconds_left(now_ms + round(left * 1000) - 1) > 0
