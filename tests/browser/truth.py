"""A dashboard over tables that its tests fill and empty, and a ClickHouse that they stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from dashboards.run import Boards, Filters, Result
from dashboards.web.causes import Causes, Trouble
from tests.clickhouse_front.conftest import FrontProcess

from .rows import GROWTH, OBSERVATIONS, POSTS, growth, last_hour

TABLES = (
    *("post_observations_log", "velocity_30m_slices", "trending_hourly_log", "comments_log", "posts_newest", "follower_deltas_log"),
    *("user_observations_log", "engagement_hourly_maxima", "engagement_hourly_closed"),
)
# What a person is told within 10 s of it.
TOLD_MS = 10_000


class HeldBoards(Boards):
    """Boards of which the panels in `held` wait for `go`, as a slow query does. `asked`: which have been asked for."""

    held: frozenset[str] = frozenset()
    asked: ClassVar[list[str]] = []
    go = threading.Event()

    def run(self, page: str, panel_id: str, filters: Filters) -> Result:
        HeldBoards.asked.append(panel_id)
        while panel_id in HeldBoards.held and not HeldBoards.go.wait(0.05):
            pass
        return super().run(page, panel_id, filters)


@dataclass
class Told:
    """What somebody who knows the services says: `always`, and besides `where_behind`."""

    always: list[Trouble] = field(default_factory=list)
    where_behind: list[Trouble] = field(default_factory=list)

    def find(self, behind: bool) -> list[Trouble]:
        return self.always + (self.where_behind if behind else [])


@dataclass
class Truth:
    """A dashboard of this module's own, over a front that its tests stop, and tables that they fill."""

    url: str
    front: FrontProcess
    told: Told
    client: Any = field(repr=False)
    causes: Causes = field(repr=False)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """ClickHouse takes connections and answers nothing, as a machine does that has stalled."""
        assert self.front.process is not None
        os.kill(self.front.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.front.process.pid, signal.SIGCONT)

    @contextmanager
    def holding(self, *panels: str) -> Iterator[threading.Event]:
        """The queries of `panels` take until the event is set."""
        HeldBoards.go.clear()
        HeldBoards.asked.clear()
        HeldBoards.held = frozenset(panels)
        try:
            yield HeldBoards.go
        finally:
            HeldBoards.go.set()
            HeldBoards.held = frozenset()

    def judge(self, hours_ago: int = 0) -> None:
        """Two posts that trend and one near miss, in the hours up to that many hours ago."""
        newest = last_hour(datetime.now(UTC)) - timedelta(hours=hours_ago)
        gains = ((0, 9_000), (1, 40_000), (3, 4_000), (4, 200))
        rows = [growth(post, newest - timedelta(hours=back), gain) for back in range(6) for post, gain in gains]
        self.client.insert("trending_hourly_log", rows, column_names=GROWTH)

    def observe(self, minutes_ago: float = 1) -> None:
        """The newest observation of a post."""
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        self.client.insert("post_observations_log", [[POSTS[0], "68", "a post #now", at, 1_000, at]], column_names=OBSERVATIONS)
