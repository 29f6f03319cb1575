"""The fake upstream over HTTP: what a plain client receives, what the ledger says of it, and that it always stops."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.clock import HOUR_MS
from simulator.settings import SimulationSettings
from simulator.upstream.answers import Served
from simulator.upstream.ledger import Entry, Ledger
from simulator.upstream.script import Script
from simulator.upstream.server import FakeUpstream, FakeUpstreamError
from simulator.upstream.tikliveapi import COMMENT_COUNTERS
from tests.waiting import until

pytestmark = pytest.mark.http

SETTINGS = SimulationSettings(seed=7, hours=24, creators=8, posts=300, audience=60)
DAY = {"from": 0, "to": 24 * 60}


class HandClock:
    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def upstream(*spells: dict[str, Any], clock: HandClock | None = None, **options: Any) -> FakeUpstream:
    script = Script.model_validate({"spells": [DAY | spell for spell in spells]})
    return FakeUpstream(SETTINGS, script, clock or HandClock(SETTINGS.start_ms + HOUR_MS), **options)


def client(of: FakeUpstream, **options: Any) -> httpx.Client:
    # trust_env: a proxy of the machine must not see requests to loopback.
    return httpx.Client(base_url=of.url, headers={"X-Api-Key": of.key}, trust_env=False, timeout=20, **options)


@pytest.fixture
def quiet() -> Iterator[FakeUpstream]:
    with upstream() as of:
        yield of


def a_creator(of: FakeUpstream) -> str:
    return next(user.userid for user in of.world.universe.creators if not user.private)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "fake-upstream"]


def test_the_ledger_is_what_a_client_received_on_a_bad_day() -> None:
    received: list[Served] = []
    clock = HandClock(SETTINGS.start_ms)
    statuses = []
    with FakeUpstream(SETTINGS, "bad-day", clock) as of, client(of) as http:
        post = next(p for p in of.world.universe.posts if len(of.world.comments(p, clock.now_ms)) > 5)
        for minute in range(0, 24 * 60, 3):
            clock.now_ms = SETTINGS.start_ms + minute * 60_000
            for path, params, key, id_name, names in (
                ("/user-posts/", {"userid": a_creator(of), "count": "5"}, "videos", "aweme_id", tuple(of.world.counters(post, 0))),
                ("/post-comments/", {"aweme_id": post.aweme_id, "count": "5"}, "comments", "id", COMMENT_COUNTERS),
            ):
                if (minute // 30) in (7, 8) or minute > 21 * 60 + 30:  # stalls would take the client's time-out each
                    continue
                try:
                    answer = http.get(path, params=params)
                    statuses.append(answer.status_code)
                    items = answer.json()[key] if answer.status_code == 200 else []
                except (httpx.RemoteProtocolError, json.JSONDecodeError):
                    continue
                topic = "tiktok.posts.events" if key == "videos" else "tiktok.comments.events"
                for item in items:
                    numbers = {name: item.get(name) for name in names}
                    counters = {
                        name: int(value) for name, value in numbers.items() if value is not None and not isinstance(value, dict)
                    }
                    received.append(Served(topic, item[id_name], counters, clock.now_ms))
        served = [Served(one.topic, one.id, one.counters, one.at_ms) for one in of.ledger.observations()]
    assert served == received
    assert len(served) > 500
    assert {200, 403, 428, 429, 502, 503} <= set(statuses)


def test_connections_are_kept_and_the_date_is_the_servers(quiet: FakeUpstream) -> None:
    with client(quiet) as http:
        streams = set()
        for _ in range(5):
            answer = http.get("/userinfo-by-id/", params={"userid": a_creator(quiet)})
            streams.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
        assert len(streams) == 1
        assert answer.headers["Date"] == "Mon, 05 Jan 2026 01:00:00 GMT"
        assert answer.headers["Content-Type"].startswith("application/json")


def test_the_clock_is_asked_at_each_request() -> None:
    clock = HandClock(SETTINGS.start_ms)
    with upstream(clock=clock) as of, client(of) as http:
        shown = []
        for hours in (0, 6, 12):
            clock.now_ms = SETTINGS.start_ms + hours * HOUR_MS
            videos = http.get("/user-posts/", params={"userid": a_creator(of)}).json()["videos"]
            shown.append(sum(video["play_count"] for video in videos))
        assert shown == sorted(set(shown))
        assert [entry.at_ms for entry in of.ledger.entries] == [SETTINGS.start_ms + hours * HOUR_MS for hours in (0, 6, 12)]


def test_two_servers_of_a_seed_answer_alike() -> None:
    bodies = []
    for _ in range(2):
        with FakeUpstream(SETTINGS, "bad-day", HandClock(SETTINGS.start_ms + 40 * 60_000)) as of, client(of) as http:
            answers = [http.get("/user-posts/", params={"userid": a_creator(of), "count": n}) for n in range(1, 30)]
            bodies.append([(answer.status_code, answer.content) for answer in answers])
    assert bodies[0] == bodies[1]
    assert {status for status, _ in bodies[0]} == {200, 502}


def test_a_stalled_request_blocks_nobody_and_does_not_outlive_the_server() -> None:
    with upstream({"kind": "stall", "endpoint": "/user-posts/"}) as of:
        address = of.url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1])), timeout=20) as stuck, client(of) as http:
            stuck.sendall(f"GET /user-posts/?userid={a_creator(of)} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {of.key}\r\n\r\n".encode())
            until(lambda: of.ledger.entries, 20, "the stalled request is in the ledger")
            assert http.get("/userinfo-by-id/", params={"userid": a_creator(of)}).status_code == 200
            of.stop()
            assert stuck.recv(1) == b"", "the server closes it, without a byte of an answer"
        assert threads() == []
        stalled = of.ledger.entries[0]
        assert (stalled.status, stalled.delivered, stalled.observations) == (None, False, ())


def test_a_client_that_gives_up_on_a_stall_can_ask_again() -> None:
    with upstream({"kind": "stall", "endpoint": "/user-posts/"}) as of, client(of) as http:
        with pytest.raises(httpx.ReadTimeout):
            http.get("/user-posts/", params={"userid": a_creator(of)}, timeout=0.2)
        assert http.get("/profile/").json()["credits"] == 1_000_000 - 2


def test_a_cut_body_is_shorter_than_it_says() -> None:
    with upstream({"kind": "truncated", "endpoint": "/user-posts/"}) as of, client(of) as http:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            http.get("/user-posts/", params={"userid": a_creator(of)})
        assert http.get("/userinfo-by-id/", params={"userid": a_creator(of)}).status_code == 200
        assert [entry.delivered for entry in of.ledger.entries] == [False, True]


@pytest.mark.parametrize(
    ("spell", "status", "begins"),
    [
        ({"kind": "rate_limit", "retry_after_s": 7}, 429, b"{"),
        ({"kind": "rate_limit"}, 429, b"{"),
        ({"kind": "server_error", "status": 599}, 599, b"<!DOCTYPE html>"),
        ({"kind": "truncated", "how": "json"}, 200, b'{"videos":[{'),
        ({"kind": "empty_body"}, 200, b""),
        ({"kind": "html"}, 200, b"<!DOCTYPE html>"),
        ({"kind": "session_expired"}, 428, b"{"),
        ({"kind": "deleted"}, 403, b"{"),
    ],
    ids=str,
)
def test_a_spell_shows_on_the_wire(spell: dict[str, Any], status: int, begins: bytes) -> None:
    with upstream(spell) as of, client(of) as http:
        answer = http.get("/user-posts/", params={"userid": a_creator(of)})
        assert (answer.status_code, answer.content[: len(begins)]) == (status, begins)
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert answer.headers.get("Retry-After") == ("7" if "retry_after_s" in spell else None)
        assert [entry.observations for entry in of.ledger.entries] == [()]


def test_only_get_is_served_and_nonsense_is_refused(quiet: FakeUpstream) -> None:
    with client(quiet) as http:
        assert http.post("/user-posts/", json={}).status_code == 405
        assert http.get("/nowhere/").status_code == 404
    host, port = quiet.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_key_is_checked_in_any_case_of_the_header(quiet: FakeUpstream) -> None:
    with httpx.Client(base_url=quiet.url, trust_env=False) as http:
        for name in ("X-Api-Key", "X-API-KEY"):
            assert http.get("/profile/", headers={name: quiet.key}).status_code == 200
        refused = http.get("/profile/", headers={"X-Api-Key": "another"})
        assert (refused.status_code, refused.json()["status"]) == (401, "error")
        assert quiet.ledger.entries[-1].credits == 1_000_000 - 2, "who is not known does not pay"


def test_a_taken_port_is_a_clear_error(quiet: FakeUpstream) -> None:
    with pytest.raises(FakeUpstreamError, match="cannot serve"), upstream(port=int(quiet.url.rpartition(":")[2])):
        pass
    assert len(threads()) == 1


def test_the_ledgers_file_has_a_line_per_request(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with upstream(ledger=Ledger(path, keep=False)) as of, client(of) as http:
        videos = http.get("/user-posts/", params={"userid": a_creator(of), "count": 3}).json()["videos"]
        http.get("/post-detail/")
        assert of.ledger.entries == []
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first.keys() == Entry.__dataclass_fields__.keys()
    assert [one["id"] for one in first["observations"]] == [video["aweme_id"] for video in videos]
    assert (second["status"], second["number"], second["observations"]) == (400, 2, [])
