"""Addresses of targets: from the environment or from files, checked, and never shown."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.posting import retry_after
from alerts.targets import Target, TargetError, load_targets, masked
from tests.alerts.receiver import SECRET

HTTPS = f"https://hooks.example/services/{SECRET}?sig={SECRET}"


def test_variables_and_files(tmp_path: Path) -> None:
    file = tmp_path / "teams"
    file.write_text(f"{HTTPS}\n")
    file.chmod(0o600)
    found = load_targets({"TOKPULSE_SLACK_WEBHOOK": HTTPS, "TOKPULSE_TEAMS_WEBHOOK_FILE": str(file), "TOKPULSE_WEBHOOK": ""})
    assert found == [Target("slack", HTTPS), Target("teams", HTTPS)]
    assert load_targets({}) == []


def test_further_channels_have_a_service_and_a_variable_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "sport"
    file.write_text(f"{HTTPS}\n")
    file.chmod(0o600)
    found = load_targets({"SPORT_FILE": str(file)}, {"sport": ("teams", "SPORT"), "silent": ("slack", "SILENT")})
    assert found == [Target("sport", HTTPS, "teams")]
    assert (found[0].format, Target("slack", HTTPS).format) == ("teams", "slack")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    file.write_text(HTTPS)
    file.chmod(mode)
    with pytest.raises(TargetError, match=f"mode {mode:04o}"):
        load_targets({"TOKPULSE_WEBHOOK_FILE": str(file)})


@pytest.mark.parametrize(
    "url",
    [
        f"http://hooks.example/{SECRET}",
        f"ftp://hooks.example/{SECRET}",
        f"https:///{SECRET}",
        SECRET,
        f"https://hooks.example:99999/{SECRET}",
        f"https://hooks.example/{SECRET} x",
        f"https://[::1/{SECRET}",
        f"http://127.0.0.1.evil.example/{SECRET}",
        f"http://127.0.0.1@evil.example/{SECRET}",
    ],
)
def test_bad_addresses_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(TargetError, match="TOKPULSE_SLACK_WEBHOOK is") as raised:
        load_targets({"TOKPULSE_SLACK_WEBHOOK": url})
    assert SECRET not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]:8080", "localhost"])
def test_plain_http_is_for_this_machine(host: str) -> None:
    (target,) = load_targets({"TOKPULSE_WEBHOOK": f"http://{host}/x"})
    assert target.loopback


def test_missing_empty_and_double(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch(0o600)
    for environ in (
        {"TOKPULSE_WEBHOOK_FILE": str(tmp_path / "nowhere")},
        {"TOKPULSE_WEBHOOK_FILE": str(empty)},
        {"TOKPULSE_WEBHOOK": HTTPS, "TOKPULSE_WEBHOOK_FILE": str(empty)},
    ):
        with pytest.raises(TargetError) as raised:
            load_targets(environ)
        assert SECRET not in str(raised.value)


def test_only_the_host_is_shown() -> None:
    target = Target("slack", f"https://user:{SECRET}@hooks.example:8443/services/{SECRET}?sig={SECRET}#{SECRET}")
    assert target.shown == "https://hooks.example:8443/***"
    assert SECRET not in repr(target)
    assert masked("https://[::1]:8443/x") == "https://[::1]:8443/***"
    assert masked("http://[") == "***"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30.0), ("0", 0.0), ("Mon, 05 Jan 2026 13:02:00 GMT", 120.0), ("Mon, 05 Jan 2026 12:00:00 GMT", 0.0), ("", None),
     ("soon", None), ("-5", None), ("9" * 30, None)],
)  # fmt: skip
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 1, 5, 13, tzinfo=UTC)) == seconds
