"""`tokpulse notify`: what it refuses, what it prints, how it ends."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alerts.limit import TokenBucket
from alerts.targets import VARIABLES
from cli import notify, notify_history
from cli.notify import NotDeliveredError
from cli.notify_targets import NotifyError
from connectors.errors import TokpulseError
from tests.alerts.receiver import FOLLOWERS_TOPIC, SECRET, TRENDING_TOPIC, Answer, Log, LogReader, PlainDecoder, Receiver
from tests.alerts.receiver import followers as gain
from tests.alerts.receiver import trending as trend

NO_SUBCOMMAND = cast(Any, SimpleNamespace(invoked_subcommand=None))
DEFAULTS: dict[str, Any] = {"since": "2026-01-01", "group_seconds": 3600.0, "per_minute": 60}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Log:
    """The topics; no service, and no target in the environment."""
    source = Log((TRENDING_TOPIC, trend("<1>")), (TRENDING_TOPIC, trend("2")), (FOLLOWERS_TOPIC, gain()))
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(f"{variable}_FILE", raising=False)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "k:1")
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", "http://r:1")
    monkeypatch.delenv("CLICKHOUSE_READER_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notify, "check_topics", lambda *_: None)
    monkeypatch.setattr(notify, "Decoder", lambda _: PlainDecoder())
    monkeypatch.setattr(notify, "_stop_on_signals", threading.Event)
    monkeypatch.setattr(notify, "_log_to_stderr", lambda: None)

    def reader(servers: str, *, from_beginning: bool, watch_only: bool) -> LogReader:
        found = source.reader()
        if watch_only:
            monkeypatch.setattr(found, "commit", lambda offsets: None)
        return found

    monkeypatch.setattr(notify, "KafkaSource", reader)
    return source


def test_a_dry_run_prints_every_format_and_changes_nothing(log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notify.command(NO_SUBCOMMAND, once=True, dry_run=True, **DEFAULTS)
    out = capsys.readouterr()
    assert out.out.count("POST https://") == 6
    for expected in ("# slack: 2 trending posts", "# teams: 1 follower gain", "Idempotency-Key: ", "Post <1>", "AdaptiveCard"):
        assert expected in out.out
    assert "notify: 3 records read" in out.err
    assert list(tmp_path.iterdir()) == []
    assert log.committed == {}


def test_the_first_signal_asks_for_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up: dict[int, Any] = {}
    monkeypatch.setattr(signal, "signal", set_up.__setitem__)
    stop = notify._stop_on_signals()
    assert set(set_up) == {signal.SIGTERM, signal.SIGINT}
    assert not stop.is_set()
    set_up[signal.SIGTERM](signal.SIGTERM, None)
    assert stop.is_set()
    assert set_up[signal.SIGTERM] is signal.SIG_DFL


def test_no_target_is_an_error(log: Log) -> None:
    with pytest.raises(NotifyError, match="TOKPULSE_SLACK_WEBHOOK, TOKPULSE_TEAMS_WEBHOOK, TOKPULSE_WEBHOOK") as raised:
        notify.command(NO_SUBCOMMAND, once=True)
    assert "--dry-run" in raised.value.hint


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"since": "-1h", "max_age": "2h"}, "both given"),
        ({"max_age": "soon"}, "--max-age: 'soon'"),
        ({"give_up_after": "-1h"}, "--give-up-after"),
        ({"since": "soon"}, "--since"),
        ({"dashboard_url": "javascript:alert(1)"}, "--dashboard-url"),
        ({"dashboard_url": "https://x/|y"}, "--dashboard-url"),
    ],
)
def test_wrong_options_are_refused(log: Log, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokpulseError, match=reason):
        notify.command(NO_SUBCOMMAND, once=True, dry_run=True, **options)


@pytest.mark.http
def test_once_delivers_and_says_what_it_did(
    log: Log, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "address"
    secret.write_text(receiver.url)
    secret.chmod(0o600)
    monkeypatch.setenv("TOKPULSE_SLACK_WEBHOOK_FILE", str(secret))
    monkeypatch.setattr(notify, "TokenBucket", lambda _: TokenBucket(float("inf")))
    notify.command(NO_SUBCOMMAND, once=True, **DEFAULTS)
    assert "slack: 3 alerts in 2 messages, 0 refused, 0 muted, 0 waiting" in capsys.readouterr().out
    assert (tmp_path / "notify.sqlite").exists()
    assert log.committed == {(TRENDING_TOPIC, 0): 2, (FOLLOWERS_TOPIC, 0): 1}
    assert len(receiver.requests) == 2


@pytest.mark.http
def test_a_file_gives_channels_and_routes(
    log: Log, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notify.yaml").write_text(
        "channels:\n  growth: {service: teams, address: TOKPULSE_GROWTH}\nroutes:\n  - {kinds: [followers], to: [growth]}\n"
    )
    with pytest.raises(NotifyError, match="TOKPULSE_GROWTH is set"):
        notify.command(NO_SUBCOMMAND, once=True, **DEFAULTS)
    monkeypatch.setenv("TOKPULSE_WEBHOOK", receiver.url)
    with pytest.raises(TokpulseError, match=r"notify.yaml:4: routes\[0\].to\[0\]: no channel 'growth' has an address"):
        notify.command(NO_SUBCOMMAND, once=True, **DEFAULTS)
    monkeypatch.setenv("TOKPULSE_GROWTH", receiver.url)
    monkeypatch.setattr(notify, "TokenBucket", lambda _: TokenBucket(float("inf")))
    notify.command(NO_SUBCOMMAND, once=True, **DEFAULTS)
    out = capsys.readouterr().out
    assert "webhook: 2 alerts in 1 messages" in out
    assert "growth: 1 alerts in 1 messages" in out
    assert {request.body.get("type", request.body.get("kind")) for request in receiver.requests} == {"message", "trending"}
    notify_history.command()
    assert "sent     growth      followers/42/2h/2026-01-05T13:00:00.000Z  HTTP 200" in capsys.readouterr().out


@pytest.mark.http
@pytest.mark.parametrize("answer", [Answer(404), Answer(503)])
def test_once_fails_when_something_was_not_taken(
    log: Log, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: Answer
) -> None:
    receiver.otherwise = answer
    monkeypatch.setenv("TOKPULSE_TEAMS_WEBHOOK", receiver.url)
    monkeypatch.setattr(notify, "TokenBucket", lambda _: TokenBucket(float("inf")))
    with pytest.raises(NotDeliveredError, match="3 alert") as raised:
        notify.command(NO_SUBCOMMAND, once=True, give_up_after="0s", **DEFAULTS)
    shown = capsys.readouterr()
    assert SECRET not in str(raised.value) + shown.out + shown.err
