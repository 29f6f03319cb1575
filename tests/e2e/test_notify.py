"""`tokpulse notify` on the real topics: each alert is delivered once, whatever ends the process."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.clock import HOUR_MS
from connectors.kafka.producer import AvroProducer
from tests.alerts.receiver import Answer, Receiver
from tests.waiting import until

from .records import now_ms, producing
from .stack_process import Stack, ended, error_lines

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ALERTS = "tiktok.trending.alerts"
QUICK = ("--group-seconds", "0.2", "--per-minute", "60")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def produce(producer: AvroProducer, *posts: str) -> None:
    """One alert of the last full hour per post. What a test has had delivered stays so: another takes other posts."""
    start = now_ms() // HOUR_MS * HOUR_MS - HOUR_MS
    for post in posts:
        record: dict[str, Any] = {
            "aweme_id": post,
            "author_id": "a",
            "window_start": start,
            "window_end": start + HOUR_MS,
            "play_count": 9_000,
            "prev_play_count": 1_000,
            "prev_window_end": start,
            "gap_hours": 1,
            "delta_plays": 8_000,
            "delta_plays_per_hour": 8_000.0,
            "author_follower_count": 5_000,
            "snapshot_status": "fresh",
            "tier": "small",
            "threshold": 6_000.0,
            "threshold_version": "v1-0a1b2c3d",
        }
        producer.produce(ALERTS, record)
    producer.flush()


def delivered(receiver: Receiver) -> Counter[str]:
    """How often each alert's key was in a message that was accepted."""
    return Counter(key for request in receiver.requests for key in request.body["keys"])


def posts(found: Counter[str]) -> set[str]:
    return {key.split("/")[1] for key in found}


def test_alerts_are_delivered_once_across_restarts_and_repetitions(stack: Stack, receiver: Receiver) -> None:
    with producing(stack.endpoints) as producer:
        produce(producer, *(f"p{number}" for number in range(40)))
        # A replay of the job writes the same alerts again.
        produce(producer, *(f"p{number}" for number in range(40)))
        done = stack.run("notify", "--once", *QUICK, TOKPULSE_WEBHOOK=receiver.url)
        assert done.returncode == 0, done.stderr
        assert receiver.url not in done.stdout + done.stderr
        assert posts(delivered(receiver)) == {f"p{number}" for number in range(40)}
        assert set(delivered(receiver).values()) == {1}
        produce(producer, "p1", "later")
        assert stack.run("notify", "--once", *QUICK, TOKPULSE_WEBHOOK=receiver.url).returncode == 0
    assert "later" in posts(delivered(receiver))
    assert set(delivered(receiver).values()) == {1}


def test_what_was_not_accepted_before_a_kill_is_sent_after_it(stack: Stack, receiver: Receiver) -> None:
    receiver.otherwise = Answer(status=503)
    with producing(stack.endpoints) as producer:
        produce(producer, *(f"killed{number}" for number in range(10)))
    process = stack.start("notify", *QUICK, TOKPULSE_WEBHOOK=receiver.url)
    try:
        until(lambda: receiver.requests, 60, "a message is refused")
    finally:
        process.send_signal(signal.SIGKILL)
        ended(process)
    receiver.otherwise = Answer()
    receiver.requests.clear()
    done = stack.run("notify", "--once", *QUICK, TOKPULSE_WEBHOOK=receiver.url)
    assert done.returncode == 0, done.stderr
    assert posts(delivered(receiver)) == {f"killed{number}" for number in range(10)}
    assert set(delivered(receiver).values()) == {1}


def test_a_running_notifier_ends_on_sigterm_and_says_what_it_did(stack: Stack, receiver: Receiver) -> None:
    process = stack.start("notify", *QUICK, TOKPULSE_WEBHOOK=receiver.url)
    try:
        with producing(stack.endpoints) as producer:
            produce(producer, "live")
        until(lambda: "live" in posts(delivered(receiver)), 60, "the alert arrives")
    finally:
        process.terminate()
        done = ended(process)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_target_it_says_what_to_set(stack: Stack) -> None:
    (line,) = error_lines(stack.run("notify", "--once"))
    assert "TOKPULSE_SLACK_WEBHOOK" in line


def test_a_muted_post_is_not_sent_and_its_message_is_kept(stack: Stack, receiver: Receiver) -> None:
    muted, heard = "7600000000000000901", "7600000000000000902"
    added = stack.run("notify", "mute", "add", f"https://www.tiktok.com/@/video/{muted}", "--for", "1h", "--comment", "known")
    assert added.returncode == 0, added.stderr
    assert f"post:{muted}" in stack.run("notify", "mute", "list").stdout
    with producing(stack.endpoints) as producer:
        produce(producer, muted, heard)
        done = stack.run("notify", "--once", *QUICK, TOKPULSE_WEBHOOK=receiver.url)
        assert (done.returncode, posts(delivered(receiver))) == (0, {heard}), done.stderr
        assert "1 muted" in done.stdout
        assert muted in stack.run("notify", "history", "--outcome", "muted").stdout
        assert stack.run("notify", "mute", "remove", f"post:{muted}").returncode == 0
        # What was kept silent stays so; what comes from now on is sent.
        produce(producer, muted)
        assert stack.run("notify", "--once", *QUICK, TOKPULSE_WEBHOOK=receiver.url).returncode == 0
    assert posts(delivered(receiver)) == {heard}
    (line,) = error_lines(stack.run("notify", "mute", "remove", f"post:{muted}"))
    assert "is not muted" in line
