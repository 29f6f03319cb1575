"""`tokpulse poll` and `tokpulse lag`: what is missing is named; what is shown is safe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import httpx
import pytest

from cli import poll
from cli.lag import run
from cli.poll_keys import UpstreamKeyError, read_key
from cli.poll_screen import line, rows
from connectors.endpoints import MissingEndpointError
from connectors.errors import TokpulseError
from connectors.kafka.lag import GroupLag, LagError, PartitionLag, oldest_unread
from connectors.kafka.registry import RegistryUnavailableError
from connectors.upstream.model import Answer, Page, Refusal
from polling.clock import SystemClock, VirtualClock
from polling.credits.reservations import ReservationFile
from polling.metrics import METRICS, Metrics, MetricsServerError, serve
from polling.personal.forgotten import Forgotten
from polling.schedule.fetching import BALANCE, BalanceProbe
from polling.status import Status
from polling.watchlist import WatchlistError
from tests.polling.polling_doubles import FATAL, PlainUpstream

KEY = "TOKPULSE_PLAIN_KEY"


def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("abc-123\n")
    file.chmod(0o600)
    assert read_key("plain", {KEY: " abc-123 "}) == read_key("plain", {f"{KEY}_FILE": str(file)}) == "abc-123"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, f"{KEY} is not set"),
        ({KEY: "a", f"{KEY}_FILE": "b"}, "both set"),
        ({f"{KEY}_FILE": "/nonexistent/key"}, "cannot read"),
        ({KEY: "s3cret with spaces"}, "holds no key"),
        ({KEY: "s3crét"}, "holds no key"),
    ],
)
def test_a_key_that_cannot_be_used(environ: dict[str, str], says: str) -> None:
    with pytest.raises(UpstreamKeyError, match=says) as raised:
        read_key("plain", environ)
    assert "s3cr" not in str(raised.value)


def test_an_open_key_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret")
    file.chmod(0o644)
    with pytest.raises(UpstreamKeyError, match="mode 0644") as raised:
        read_key("plain", {f"{KEY}_FILE": str(file)})
    assert "s3cret" not in str(raised.value)


def test_each_thing_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "UPSTREAMS", {"plain": PlainUpstream()})
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL", KEY, f"{KEY}_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    file = tmp_path / "w.yaml"

    def refused(kind: type[TokpulseError], says: str, upstream: str = "plain", shard: int = 0) -> None:
        with pytest.raises(kind, match=says):
            poll.command(upstream, watchlist=file, shard=shard, raw_landing=True)

    refused(poll.PollError, "no 'other'", upstream="other")
    refused(poll.PollError, "shard 1 of 1", shard=1)
    refused(UpstreamKeyError, KEY)
    monkeypatch.setenv(KEY, "abc")
    refused(WatchlistError, "cannot read")
    file.write_text("posts: ['1']\n")
    refused(MissingEndpointError, "KAFKA_BOOTSTRAP_SERVERS")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:1")
    refused(MissingEndpointError, "CLICKHOUSE_URL")


def test_bodies_are_kept_without_the_key(tmp_path: Path) -> None:
    clean = poll._cleaner({"s3cret", "Bearer s3cret", ""}, None, Forgotten(tmp_path / "none.json"))
    assert clean(b'{"message": "invalid key s3cret"}') == b'{"message": "invalid key ***"}'


def test_another_number_of_shards_waits_for_the_next_day(tmp_path: Path) -> None:
    day_ms = 86_400_000
    ReservationFile(tmp_path, "plain-0-of-1").reserve(20_000 * day_ms, 5, lambda hours: 5)
    again = ReservationFile(tmp_path, "plain-0-of-1")
    poll._refuse_other_shards(again, "plain-*-of-*", "-of-1-", 20_000 * day_ms)
    two = ReservationFile(tmp_path, "plain-0-of-2")
    with pytest.raises(poll.PollError, match="another number of shards"):
        poll._refuse_other_shards(two, "plain-*-of-*", "-of-2-", 20_000 * day_ms)
    poll._refuse_other_shards(two, "plain-*-of-*", "-of-2-", 20_001 * day_ms)


def status(**changes: object) -> Status:
    values: dict[str, object] = {
        "feeds": 3, "due": 1, "in_flight": 2, "per_minute": 10, "credits_left": 900, "spent_today": 50, "per_day": 100,
        "spent": 40, "kept": 20, "pending": 0, "paused": "", "breakers": {"/a/": "open", "/b/": "closed"}, "last_error": "",
        "cursor_age_s": 1.5,
    }  # fmt: skip
    return Status(**(values | changes))  # type: ignore[arg-type]


def test_the_screen_says_what_matters_and_no_control_characters() -> None:
    shown = dict(rows(status(paused="quota", last_error="\x1b[2Jbad")))
    assert "/a/ open" in shown["breakers"]
    assert "/b/" not in shown["breakers"]
    assert "paused: quota" in shown["balance"]
    assert "\x1b" not in shown["last error"]
    assert "50 of 100" in shown["budget"]
    assert "\n" not in line(status())
    assert "handles" not in shown
    assert dict(rows(status(handles={"known": 2, "moved": 1, "unknown": 0})))["handles"] == "2 known, 1 moved"


def test_the_gauges_follow_the_status() -> None:
    metrics = Metrics()
    status(handles={"moved": 1}).export(metrics, "plain", 1_000)
    assert metrics.value("tokpulse_poll_handles", "plain", "moved") == 1
    assert metrics.value("tokpulse_poll_credits_left", "plain") == 900
    assert metrics.value("tokpulse_poll_credits_per_kept_record", "plain") == 2
    assert metrics.value("tokpulse_poll_cursor_age_seconds", "plain") == 1.5


@pytest.mark.http
def test_metrics_are_served_on_loopback() -> None:
    metrics = Metrics()
    metrics.count("tokpulse_poll_requests_total", "plain", "/posts/", "200")
    metrics.observe("tokpulse_poll_request_seconds", "plain", "/posts/", seconds=0.2)
    port, server = serve(metrics, 0)
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert 'tokpulse_poll_requests_total{endpoint="/posts/",status="200",upstream="plain"} 1.0' in text
        assert all(f"# HELP {metric.name}" in text for metric in METRICS)
        with pytest.raises(MetricsServerError, match=f"127.0.0.1:{port}"):
            serve(metrics, port)
    finally:
        server.shutdown()
        server.server_close()


def test_the_age_is_that_of_the_oldest_unread_event() -> None:
    lags = [PartitionLag("t", number, *lag) for number, lag in enumerate([(None, 0), (1_000, 6), (4_000, 2)])]
    assert oldest_unread(lags) == (1_000, 8)
    assert oldest_unread(lags[:1]) == (None, 0)
    assert GroupLag("g", "t", 1_000, 8).age_s(61_000) == 60
    assert GroupLag("g", "t", None, 0).age_s(61_000) == 0


def test_the_lag_gauges_outlive_a_broker_that_is_away() -> None:
    metrics, stop, answers = Metrics(), threading.Event(), iter([True, False])

    def measured() -> list[GroupLag]:
        if not next(answers):
            stop.set()
            raise LagError("no broker")
        return [GroupLag("g", "t", 0, 1)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cli.lag.EVERY_S", 0)
        run(measured, dict, metrics, stop)
    assert metrics.value("tokpulse_consumer_lag_seconds", "g", "t") > 0


def test_a_schema_that_breaks_the_rule_is_in_the_metrics_and_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    metrics, stop = Metrics(), threading.Event()
    bad = {"a": "", "b": "b lost a field"}
    answers: Iterator[dict[str, str] | None] = iter([bad, bad, None, {}])
    values: list[tuple[float, float]] = []

    def violated() -> dict[str, str]:
        values.append((metrics.value("tokpulse_schema_violation", "a"), metrics.value("tokpulse_schema_violation", "b")))
        answer = next(answers)
        if answer is None:
            raise RegistryUnavailableError("away")
        if not answer:
            stop.set()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cli.lag.EVERY_S", 0)
        run(list, violated, metrics, stop)
    assert values == [(0, 0), (0, 1), (0, 1), (0, 1)]
    assert capsys.readouterr().err.splitlines() == ["error: b lost a field", "error: away"]


class Rich(PlainUpstream):
    def read_credits(self, answer: Answer) -> int | Refusal:
        return FATAL if answer.status == 401 else 779


def test_the_balance_is_a_page_of_its_own() -> None:
    probe, ask = BalanceProbe(Rich()), BALANCE
    assert probe.call(ask).endpoint == "/profile/"
    assert probe.read(ask, Answer(200, {}, b"", 0)) == Page((), "779")
    assert probe.read(ask, Answer(401, {}, b"", 0)) is FATAL


def test_clocks() -> None:
    inbox: SimpleQueue[str] = SimpleQueue()
    system, virtual = SystemClock(), VirtualClock(100)
    assert system.next(inbox, system.now_ms() - 1, 0) is None
    assert virtual.next(inbox, 10**9, 0) is None
    assert virtual.now_ms() == 10**9
    assert virtual.next(inbox, 5, 0) is None
    assert virtual.now_ms() == 10**9
    inbox.put("x")
    assert virtual.next(inbox, 2 * 10**9, 0) == "x"
    assert virtual.now_ms() == 10**9
    stepping = VirtualClock(100, 60)
    assert stepping.next(inbox, 121, 0) is None
    assert stepping.now_ms() == 180
