"""A webhook receiver that answers as it is told, and what the tests of delivery share."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from alerts.alert import Alert, BadRecordError, Place, alert_of, alert_of_kind
from alerts.kinds import FOLLOWERS, LIVE, MOMENTUM, TRENDING
from alerts.notifier import Record
from alerts.offsets import Partition
from connectors.kafka.registry import RegistryUnavailableError

TRENDING_TOPIC, MOMENTUM_TOPIC, FOLLOWERS_TOPIC = "tiktok.trending.alerts", "tiktok.momentum.alerts", "tiktok.followers.alerts"
LIVE_TOPIC = "tiktok.live.alerts"
POST, AUTHOR = "7591601747171865119", "6800000000075180760"
HOUR = datetime(2026, 1, 5, 13, tzinfo=UTC)
NOW_MS = int((HOUR + timedelta(hours=1, minutes=1)).timestamp() * 1000)
SECRET = "T0K3N-s3cret"


def trending(post: str = POST, rate: float = 1000.0, hour: datetime = HOUR, **fields: Any) -> dict[str, Any]:
    """A record of the trending topic, as the decoder gives it."""
    return {
        "aweme_id": post,
        "author_id": AUTHOR,
        "window_start": hour,
        "window_end": hour + timedelta(hours=1),
        "play_count": 5000,
        "prev_play_count": 4000,
        "prev_window_end": hour,
        "gap_hours": 1,
        "delta_plays": int(rate),
        "delta_plays_per_hour": rate,
        "author_follower_count": None,
        "snapshot_status": "missing",
        "tier": "unknown",
        "threshold": 500.0,
        "threshold_version": "v1-0a1b2c3d",
        "early_alert_at": None,
        **fields,
    }


def followers(user: str = "42", gained: int = 60_000, within_hours: int = 2, now: datetime = HOUR) -> dict[str, Any]:
    """A record of the followers topic."""
    return {
        "userid": user,
        "t_from": now - timedelta(hours=1),
        "t_now": now,
        "gained": gained,
        "from_count": 1000,
        "curr_count": 1000 + gained,
        "within_hours": within_hours,
        "threshold": 50_000,
        "threshold_version": "v1-0a1b2c3d",
    }


def momentum(post: str = POST, rate: float = 3000.0, now: datetime = HOUR, **fields: Any) -> dict[str, Any]:
    """A record of the momentum topic."""
    return {
        "aweme_id": post,
        "author_id": AUTHOR,
        "observed_at": now,
        "window_minutes": 40,
        "delta_plays": int(rate * 40 / 60),
        "plays_per_hour": rate,
        "author_follower_count": 2_500,
        "tier": "small",
        "threshold": 2000.0,
        "threshold_version": "v1-0a1b2c3d",
        "play_count": 6_100,
        **fields,
    }


def live(what: str = "viewers", reached: int = 12_000, now: datetime = HOUR, **fields: Any) -> dict[str, Any]:
    """A record of the topic of LIVE rooms."""
    return {
        "room_id": "7617400904630995734",
        "author_id": AUTHOR,
        "what": what,
        "observed_at": now,
        "window_minutes": 1,
        "reached": reached,
        "host_follower_count": 2_500,
        "tier": "small",
        "threshold": 1000.0,
        "threshold_version": "v1-0a1b2c3d",
        **fields,
    }


def alert(record: dict[str, Any]) -> Alert:
    fields = (("window_start", TRENDING), ("what", LIVE), ("window_minutes", MOMENTUM))
    kind = next((kind for name, kind in fields if name in record), FOLLOWERS)
    return alert_of_kind(kind, record)


def alerts(count: int) -> list[Alert]:
    """`count` trending alerts, the last one the fastest."""
    return [alert(trending(f"post-{number:05}", rate=1000.0 + number)) for number in range(count)]


@dataclass(frozen=True)
class Answer:
    """What the receiver does with a request: an HTTP answer, a reset of the connection, or silence."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    reset: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: Any


class Receiver:
    """An HTTP server on a free port of 127.0.0.1. `script` holds the next answers; after them it accepts everything."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.script: list[Answer] = []
        self.otherwise = Answer()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/services/{SECRET}?sig={SECRET}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.requests.append(Request(handler.path, dict(handler.headers), json.loads(body)))
        answer = self.script.pop(0) if self.script else self.otherwise
        handler.close_connection = True
        if answer.silent:
            self._closing.wait(30)
        elif answer.reset:
            # Lingering for 0 s: the kernel sends RST instead of FIN.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
        else:
            handler.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(answer.body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._answer(self)

            def finish(self) -> None:
                # What was reset cannot be flushed.
                if not self.connection._closed:
                    super().finish()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


class Clock:
    """Time that passes only where somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Log:
    """A topic log with a consumer's view of it: reads from the committed offsets, keeps commits, ends at the end."""

    def __init__(self, *records: tuple[str, Any]) -> None:
        self.committed: dict[Partition, int] = {}
        self.records: list[Record] = []
        self.paused: list[bool] = []
        self.taken_away: list[Partition] = []
        self.append(*records)

    def append(self, *records: tuple[str, Any]) -> None:
        """Adds (topic, value) records; every topic has one partition."""
        for topic, value in records:
            offset = sum(record.place.topic == topic for record in self.records)
            self.records.append(Record(Place(topic, 0, offset), value))

    def reader(self) -> LogReader:
        return LogReader(self)


def _moment() -> None:
    threading.Event().wait(0.001)


class LogReader:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._rest = [
            record
            for record in log.records
            if record.place.offset >= log.committed.get((record.place.topic, record.place.partition), 0)
        ]
        self._paused = False
        self.closed = False
        self.on_idle: Callable[[], None] = _moment

    def poll(self, timeout: float) -> Record | None:
        if self._paused or not self._rest:
            self.on_idle()
            return None
        return self._rest.pop(0)

    def pause(self, paused: bool) -> None:
        if paused != self._paused:
            self._log.paused.append(paused)
        self._paused = paused

    def lost(self) -> list[Partition]:
        lost, self._log.taken_away = self._log.taken_away, []
        return lost

    def at_end(self) -> bool:
        return not self._rest

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._log.committed |= offsets

    def close(self) -> None:
        self.closed = True


class PlainDecoder:
    """Values that are records already; None is not an alert. `outages` look-ups find no registry."""

    def __init__(self, outages: int = 0) -> None:
        self.outages = outages

    def alert(self, topic: str, value: Any) -> Alert:
        if self.outages:
            self.outages -= 1
            raise RegistryUnavailableError("schema registry does not answer")
        if value is None:
            raise BadRecordError("has no value")
        return alert_of(topic, value)
