"""LIVE rooms by real sockets into Kafka: what the connector claims to have watched is there, also after kill -9."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.avro import AvroCodec, split
from connectors.kafka.log import committed
from connectors.kafka.topics import load_topics
from simulator.live.ledger import Line, read_live_ledger
from tests.waiting import until

from .stack_process import Stack

pytestmark = [pytest.mark.kafka, pytest.mark.http, pytest.mark.e2e]

EVENTS, ROOMS = "tiktok.live.events", "tiktok.live.rooms"
SCRIPT = """acts:
  - { at: 75, do: close, code: 4500, creator: 0 }
  - { at: 80, do: cut, creator: 1 }
  - { at: 85, do: repeat, count: 50 }
"""


def records(stack: Stack, topic: str) -> list[dict[str, Any]]:
    codec = AvroCodec(load_topics()[topic].schema_text())
    found = committed(stack.endpoints.kafka_bootstrap_servers, topic)
    return [codec.decode(split(value)[1]) for message in found if (value := message.value()) is not None]


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


@contextmanager
def service(stack: Stack, folder: Path) -> Iterator[tuple[str, str]]:
    """A fake whose rooms have been on air for a minute: the addresses of its requests and of its sockets."""
    (folder / "script.yaml").write_text(SCRIPT)
    args = ["--creators", "2", "--minutes", "15", "--per-minute", "900", "--start", "-1m"]
    files = ["--script", f"{folder}/script.yaml", "--ledger", f"{folder}/ledger.jsonl", "--watchlist", f"{folder}/watchlist.yaml"]
    with ending(stack.start("fake-live", *args, *files)) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"--base-url (\S+) --socket-url (\S+)", said)
        assert found is not None, said
        yield found[1], found[2]


def test_a_killed_connector_claims_nothing_that_is_not_there(stack: Stack, tmp_path: Path) -> None:
    accepted = stack.run("live", "accept-risk", "--yes", "--by", "a test")
    assert accepted.returncode == 0, accepted.stderr
    with service(stack, tmp_path) as (requests, sockets):
        # Four sockets, two of them for successors.
        words = ["live", "--watchlist", f"{tmp_path}/watchlist.yaml", "--tier", "pro", "--check-every", "10"]
        words += ["--base-url", requests, "--socket-url", sockets]

        def connector() -> subprocess.Popen[str]:
            return stack.start(*words, TOKPULSE_TIKTOOLS_KEY="demo-key")

        with ending(connector()) as first:
            until(lambda: len({r["room_id"] for r in records(stack, EVENTS)}) == 2, 120, "both rooms have events", (Exception,))
            before = len(records(stack, EVENTS))
            until(lambda: [r for r in records(stack, ROOMS) if r["change"] == "alive"], 60, "a connection was said to be alive")
            first.send_signal(signal.SIGKILL)
            first.wait(60)
        known = {record["connection_id"] for record in records(stack, ROOMS)}
        with ending(connector()) as second:
            until(
                lambda: (
                    len({r["room_id"] for r in records(stack, ROOMS) if r["change"] == "alive" and r["connection_id"] not in known})
                    == 2
                ),
                120,
                "both rooms are watched again",
            )
            second.send_signal(signal.SIGTERM)
            said = second.communicate(timeout=120)[1]
            assert second.returncode == 0, said
    assert "demo-key" not in said
    events, changes = records(stack, EVENTS), records(stack, ROOMS)
    assert len(events) > before > 0
    found = {(record["room_id"], record["event_id"]) for record in events}
    sent = frames_of(read_live_ledger(tmp_path / "ledger.jsonl"))
    by_id = {(room, number): line for line, frames in sent.items() for room, number in frames if number}
    assert {one for one in found if one[1].startswith("m:")} <= by_id.keys(), "nothing is there that was not sent"
    claimed = 0
    for connection_id, came in claims(changes).items():
        own = {(record["room_id"], record["event_id"]) for record in events if record["connection_id"] == connection_id}
        if not own:
            continue  # all that it had in its short life came before
        # The service's name of it: the line on which most of its events were sent.
        line = max(sent, key=lambda name: len(own.intersection(sent[name])))
        named = {one for one in sent[line][:came] if one[1]}
        claimed += len(named)
        assert named <= found, f"{line}: of {came} frames that came"
    assert claimed > 50
    assert "STOPPED" in {record["close_name"] for record in changes if record["change"] == "disconnected"}


def frames_of(ledger: list[Line]) -> dict[str, list[tuple[str, str]]]:
    """Line -> (room, event_id) of each event that was sent on it, in order; an empty id where the frame names none."""
    frames: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in ledger:
        if line.what == "frame" and line.frame["event"] != "roomInfo":
            number = line.frame["data"].get("msgId", "")
            frames[line.connection].append((line.room_id, number and f"m:{number}"))
    return frames


def claims(changes: list[dict[str, Any]]) -> dict[str, int]:
    """Connection -> of how many events it is said that they came, and are in Kafka."""
    most: dict[str, int] = defaultdict(int)
    for record in changes:
        if record["change"] in ("alive", "disconnected"):
            most[record["connection_id"]] = max(most[record["connection_id"]], record["events"])
    return {connection: came for connection, came in most.items() if came}
