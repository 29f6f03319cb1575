"""What ClickHouse knows of alerts, and what is muted: asked for in one go, and never waited for longer than a short bound."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from clickhouse_connect.driver.client import Client

from alerts.alert import Alert
from alerts.facts import UNKNOWN, Facts, Known
from alerts.mutes import Mute, in_force
from connectors.clickhouse.queries import rows
from connectors.errors import TokpulseError

_LOG = logging.getLogger(__name__)
# Two of them, and the group and the pace of messages, fit into 10 s.
WAIT_S = 1.5
FRESH_S = 60.0
MUTES_FRESH_S = 3.0
# After a failure: a server that is away is not asked for each alert.
REST_S = 10.0
_MAX_KEPT = 20_000
_NOTHING: tuple[float, Mapping[str, Any]] = (0.0, {})


@dataclass(frozen=True)
class Answer:
    """Rows of `alert_facts` by the id of the post or creator, and the mutes in force."""

    posts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    creators: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mutes: Sequence[Mute] = ()


class Asking(Protocol):
    """Where answers come from."""

    def __call__(self, posts: Collection[str], creators: Collection[str]) -> Answer:
        """Raises ClickHouseUnavailableError."""


class Memory(Protocol):
    """Keeps the mutes for a start at which ClickHouse does not answer."""

    def mutes(self) -> Sequence[Mute]:
        """What was kept last."""

    def keep_mutes(self, mutes: Sequence[Mute]) -> None:
        """Kept in place of what was kept before."""


class ClickHouse:
    """Asks ClickHouse as the reader; `connect` is called at the first question, and again after a failure."""

    def __init__(self, connect: Callable[[], tuple[Client, str]], now_ms: Callable[[], int]) -> None:
        self._connect, self._now_ms = connect, now_ms
        self._client: tuple[Client, str] | None = None

    def __call__(self, posts: Collection[str], creators: Collection[str]) -> Answer:
        """Two queries: one for all facts, unless nothing is asked for, and one for the mutes."""
        self._client = self._client or self._connect()
        try:
            found = rows(*self._client, "alert_facts", posts=list(posts), creators=list(creators)) if posts or creators else []
            mutes = in_force(*self._client, self._now_ms())
        except BaseException:
            self._client = None
            raise
        by_kind = {kind: {str(row["id"]): row for row in found if row["kind"] == kind} for kind in ("post", "creator")}
        return Answer(by_kind["post"], by_kind["creator"], mutes)


class Lookup:
    """Answers about alerts from what was read last, after an attempt to bring it up to date. Threads share it.

    A question runs in a thread of its own, one at a time. `look` returns after WAIT_S with what is known then: a
    later answer is there for the next one.
    """

    def __init__(self, asking: Asking, memory: Memory, clock: Callable[[], float] = time.monotonic, wait_s: float = WAIT_S) -> None:
        self._asking, self._memory, self._clock, self._wait_s = asking, memory, clock, wait_s
        self._lock = threading.Lock()
        self._running: threading.Event | None = None
        self._rest_until = self._mutes_until = float("-inf")
        self._kept: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}
        self._mutes: Sequence[Mute] = memory.mutes()
        self._away = False

    def look(self, alerts: Sequence[Alert]) -> dict[str, Known]:
        """What is known of each, by its key; `mutes` is up to date as well, as far as that is possible."""
        wanted = {one for alert in alerts for one in _subjects(alert)}
        deadline = time.monotonic() + self._wait_s
        while run := self._run_for(wanted):
            if not run.wait(deadline - time.monotonic()):
                break
        with self._lock:
            return {alert.key: self._known(alert) for alert in alerts}

    def muted_by(self, alert: Alert, known: Known, now_ms: int) -> Mute | None:
        """The mute that keeps the alert back; None when it is to be sent."""
        facts = Facts(alert, known)
        return next((mute for mute in self._mutes if mute.covers(facts, now_ms)), None)

    def _run_for(self, wanted: Collection[tuple[str, str]]) -> threading.Event | None:
        """The question that runs; a new one where something is missing or old. None when there is nothing to wait for."""
        with self._lock:
            now = self._clock()
            old = {one for one in wanted if one not in self._kept or self._kept[one][0] <= now}
            if not old and now < self._mutes_until:
                return None
            if self._running is None and now >= self._rest_until:
                self._running = threading.Event()
                threading.Thread(target=self._ask, args=(old, self._running), name="notify-lookup", daemon=True).start()
            return self._running

    def _ask(self, wanted: Collection[tuple[str, str]], done: threading.Event) -> None:
        answer, failure = None, ""
        try:
            answer = self._asking(*({value for kind, value in wanted if kind == one} for one in ("post", "creator")))
            if list(answer.mutes) != list(self._mutes):
                self._memory.keep_mutes(answer.mutes)
        except TokpulseError as error:
            failure = error.message
        except Exception as error:  # messages say less then; they must not stop
            failure = f"{type(error).__name__}: {error}"
        with self._lock:
            now = self._clock()
            if failure:
                self._rest_until = now + REST_S
                if not self._away:
                    _LOG.warning("%s; messages say less, and mutes are those read last", failure)
            if answer is not None:
                self._take(wanted, answer, now)
            self._away, self._running = bool(failure), None
        done.set()

    def _take(self, wanted: Collection[tuple[str, str]], answer: Answer, now: float) -> None:
        if len(self._kept) + len(wanted) > _MAX_KEPT:
            self._kept.clear()
        for kind, value in wanted:
            found = answer.posts if kind == "post" else answer.creators
            self._kept[kind, value] = (now + FRESH_S, found.get(value, {}))
        self._mutes, self._mutes_until = list(answer.mutes), now + MUTES_FRESH_S

    def _known(self, alert: Alert) -> Known:
        subjects = dict(_subjects(alert))
        post, creator = (self._kept.get((kind, subjects.get(kind, "")), _NOTHING)[1] for kind in ("post", "creator"))
        return Known(
            title=post.get("name", ""),
            handle=creator.get("name", ""),
            hashtags=tuple(post.get("hashtags", ())),
            plays=post.get("plays"),
            mood=post.get("mood"),
            comments=post.get("comments", 0),
            since_ms=post.get("since_ms"),
        )


class NothingKnown(Lookup):
    """Without ClickHouse: nothing is known, nothing is muted."""

    def __init__(self) -> None:
        super().__init__(lambda posts, creators: Answer(), _Nowhere())

    def look(self, alerts: Sequence[Alert]) -> dict[str, Known]:
        """Nothing of any."""
        return {alert.key: UNKNOWN for alert in alerts}


class _Nowhere:
    def mutes(self) -> Sequence[Mute]:
        return ()

    def keep_mutes(self, mutes: Sequence[Mute]) -> None:
        pass


def _subjects(alert: Alert) -> list[tuple[str, str]]:
    facts = Facts(alert)
    return [(kind, value) for kind, value in (("post", facts.post), ("creator", facts.creator)) if value]
