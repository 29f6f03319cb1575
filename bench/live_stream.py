"""A steady stream of posts whose event times follow an event clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from connectors.kafka.producer import AvroProducer

TOPIC = "tiktok.posts.events"
_TICK_S = 0.01


class Stretch(Protocol):
    """A stretch of real time, and what the event clock shows in it; Unix milliseconds."""

    @property
    def began_at(self) -> int: ...

    @property
    def ends_at(self) -> int: ...

    def event_time(self, now: int) -> int:
        """The event time at the real time `now`."""


def wall_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class LiveStream(threading.Thread):
    """Sends `rate` posts/s, the same `posts` in turn, until the last stretch ends; `failure` says why it broke off.

    `record` makes the record of (post, how many were sent before it, event time).
    """

    def __init__(
        self,
        producer: AvroProducer,
        stretches: Iterable[Stretch],
        posts: int,
        rate: int,
        record: Callable[[int, int, int], dict[str, object]] | None = None,
    ) -> None:
        super().__init__(name="live stream", daemon=True)
        self._producer = producer
        self._record = record or observation
        self._stretches = list(stretches)
        self._posts = posts
        self._rate = rate
        self._stop_now = threading.Event()
        self.sent = 0
        self.behind_s = 0.0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self._send_all()
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        """Ends the stream and waits for it."""
        self._stop_now.set()
        self.join()

    def _send_all(self) -> None:
        began = self._stretches[0].began_at
        for stretch in self._stretches:
            while not self._stop_now.is_set() and (now := wall_ms()) < stretch.ends_at:
                due = (now - began) * self._rate // 1000
                for _ in range(due - self.sent):
                    self._producer.produce(TOPIC, self._record(self.sent % self._posts, self.sent, stretch.event_time(now)))
                    self.sent += 1
                self._producer.poll()
                self.behind_s = max(self.behind_s, (wall_ms() - now) / 1000)
                time.sleep(_TICK_S)


@contextmanager
def running(stream: LiveStream) -> Iterator[LiveStream]:
    """Streams while the block runs."""
    stream.start()
    try:
        yield stream
    finally:
        stream.stop()


def observation(post: int, number: int, ingested_at: int) -> dict[str, object]:
    """A valid record of post `post`; counters grow with `number`."""
    return {
        "aweme_id": str(7_300_000_000_000_000_000 + post),
        "region": "US",
        "title": "a caption of usual length with two hashtags #fyp #viral",
        "duration": 30,
        "play": "https://v16m.tokcdn.example/play/",
        "wmplay": "https://v16m.tokcdn.example/wmplay/",
        "hdplay": None,
        "play_count": number * 10,
        "digg_count": number,
        "comment_count": number // 10,
        "share_count": number // 20,
        "download_count": number // 50,
        "collect_count": number // 30,
        "create_time": ingested_at // 1000 - 86_400,
        "author_id": str(6_800_000_000_000_000_000 + post % 100),
        "ingested_at": ingested_at,
    }
