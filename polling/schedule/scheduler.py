"""The loop that decides what is asked next, and puts what comes into Kafka."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from connectors.errors import TokpulseError
from connectors.upstream.codes import BAD_REQUEST
from connectors.upstream.model import Failure, Origin, Page, Refusal, Upstream
from polling.clock import Clock
from polling.credits.balance import Balance
from polling.credits.budget import Budget
from polling.metrics import Metrics
from polling.model import PageWriter, Progress, Written
from polling.schedule.backoff import Backoff
from polling.schedule.breaker import BreakerRules
from polling.schedule.breakers import Breakers
from polling.schedule.commits import Commits, Job, job_of
from polling.schedule.feed_state import FeedState
from polling.schedule.feeds import Feeds
from polling.schedule.fetching import BALANCE, Crash, Done, Fetch, Fetched, Fetchers, is_failure
from polling.status import RequestRate, Status
from polling.watchlist import WatchedFile, WatchlistError

_LOG = logging.getLogger(__name__)
_IDLE_MS = 60_000
_GAUGES_MS = 10_000
# `--once` does not wait for a pause or the next day's credits.
_ONCE_WAITS_MS = 60_000


class UpstreamRefusesError(TokpulseError):
    """The upstream's answer asks for a human: the key is refused, a request is malformed."""


class UnfinishedError(TokpulseError):
    """`--once` ended before every feed was read."""


@dataclass(frozen=True)
class Options:
    """How the loop runs."""

    in_flight: int = 4
    once: bool = False
    reread_ms: int = 5_000
    status_ms: int = 1_000  # of the screen; without one the gauges follow less often
    backoff: Backoff = field(default_factory=Backoff)
    breaker: BreakerRules = field(default_factory=BreakerRules)


class Scheduler:
    """Polls until it is told to stop. One thread runs it and decides; others only fetch.

    Nothing is lost: a feed's cursor moves by the transaction that holds its page's records, and only then is the next page asked
    for. When it is killed at any point, the page after the last committed one is read again, and the writer drops what it knows.
    `fetch` and `probe` make one attempt each; `transform` is applied to every page before it is written; `landing` is given every
    attempt, must not block and must not raise.
    """

    def __init__(
        self,
        upstream: Upstream,
        fetch: Fetch,
        probe: Fetch,
        writer: PageWriter,
        watched: WatchedFile,
        feeds: Feeds,
        budget: Budget,
        metrics: Metrics,
        clock: Clock,
        options: Options | None = None,
        transform: Callable[[Page], Page] = lambda page: page,
        landing: Callable[[FeedState | None, Fetched], None] = lambda state, fetched: None,
        on_status: Callable[[Status], None] | None = None,
    ) -> None:
        self._upstream, self._fetch, self._probe, self._writer = upstream, fetch, probe, writer
        self._watched, self._feeds, self._budget = watched, feeds, budget
        self._metrics, self._clock, self._options = metrics, clock, options or Options()
        self._transform, self._landing, self._on_status = transform, landing, on_status
        self._balance = Balance(watched.current.credit_rules)
        self._breakers = Breakers(self._options.breaker, metrics, upstream.name)
        self._commits = Commits(writer, metrics, upstream.name)
        self._inbox: SimpleQueue[Done[FeedState | None] | None] = SimpleQueue()
        self._fetchers: Fetchers[FeedState | None] = Fetchers(self._options.in_flight, self._inbox)
        self._probing = self._stopping = False
        self._fatal: TokpulseError | None = None
        self._reread_at_ms = self._status_at_ms = 0
        self._rate = RequestRate()
        self._spent = self._kept = self._given_up = 0
        self._last_error = ""

    def stop(self) -> None:
        """No new requests; what is in flight is finished and written, then `run` returns. May be called by a signal handler."""
        self._stopping = True
        self._inbox.put(None)

    def run(self) -> None:
        """Polls until `stop`, or once through.

        Raises UpstreamRefusesError, UnfinishedError, FencedProducerError when another poller took over the shard, and
        ReservationError when credits cannot be reserved.
        """
        try:
            now = self._clock.now_ms()
            if (last := self._budget.last_probe(now)) is not None:
                self._balance.remember(last.asked_ms, last.left, now)
            self._feeds.load(self._watched.current, self._writer.progress(), now, at_once=self._options.once)
            while True:
                now = self._clock.now_ms()
                self._reread(now)
                for job in [] if self._stopping else self._commits.due(now):
                    self._write(job)
                wake = self._dispatch(now)
                self._report(now)
                if self._finished(now, wake):
                    break
                until = max(now, min(wake, now + self._options.status_ms) if self._on_status else wake)
                item = self._clock.next(self._inbox, until, self._fetchers.in_flight)
                if item is not None:
                    self._receive(item, self._clock.now_ms())
            if self._fatal is not None:
                raise self._fatal
        finally:
            self._fetchers.close()
            self._budget.close()

    def _finished(self, now: int, wake: int) -> bool:
        if self._fetchers.in_flight:
            return False
        if self._stopping:
            # Once more and not for ever: a page that is not written is read again after the start, from its committed cursor.
            for job in self._commits.all():
                self._write(job)
            if self._commits.waiting:
                raise UnfinishedError(
                    f"{self._commits.waiting} page(s) could not be written: {self._commits.last_error}",
                    "they are read again after the next start",
                )
            return True
        if self._options.once and not self._commits.waiting:
            queue = self._feeds.queue
            waits = wake > now + _ONCE_WAITS_MS or (queue.next_ms() or now) > now + _ONCE_WAITS_MS
            if len(queue) and not waits:
                return False
            if left := len(queue) + self._given_up:
                why = self._balance.why or ("the day's credits are spent" if self._budget.ready_ms(now) > now else self._last_error)
                raise UnfinishedError(
                    f"{left} feed(s) were not read to their end: {why}", "run it again later: it continues from there"
                )
            return True
        return False

    # What is asked.

    def _dispatch(self, now: int) -> int:
        """Starts what may be started; returns when to look again."""
        wake = min(now + _IDLE_MS, self._reread_at_ms or now + _IDLE_MS)
        if self._stopping:
            return wake
        if self._commits.waiting:
            return min(wake, self._commits.again_ms)
        balance, budget = self._balance, self._budget
        while self._fetchers.in_flight < (1 if balance.on_trial else self._options.in_flight) and not self._probing:
            if now >= balance.probe_due_ms() and not self._start_probe(now):
                return max(now + 1, min(wake, budget.ready_ms(now)))
            if self._probing:
                break
            if balance.paused:
                return balance.probe_due_ms() if self._options.once else min(wake, max(now + 1, balance.probe_due_ms()))
            state = self._feeds.queue.pop(now)
            if state is None:
                due = self._feeds.queue.next_ms()
                return wake if due is None else min(wake, due)
            call = self._upstream.call(state.ask())
            again_ms = self._breakers.of(call.endpoint).admit(now)
            if again_ms:
                self._feeds.queue.put(state, again_ms)
                continue
            if not budget.take(now, balance.share()):
                self._breakers.of(call.endpoint).record(now, None)
                self._feeds.queue.put(state, now)
                ready = max(now + 1, budget.ready_ms(now, balance.share()))
                return ready if self._options.once else min(wake, ready)
            self._count_spent(now)
            self._fetchers.start(state, self._fetch, state.ask())
        return wake

    def _start_probe(self, now: int) -> bool:
        """Asks for the balance where that is due; False when there is no credit to do so."""
        balance = self._balance
        if not balance.probe_allowed(now):
            # A short pause right after a probe: it ends without one, unless the floor is known.
            balance.untold(now)
            return True
        if not self._budget.take(now):
            return False
        balance.probing(now)
        # Before it is asked: a poller that dies, and starts again, does not ask again at once.
        self._budget.probing(now)
        self._probing = True
        self._rate.add(now)
        self._fetchers.start(None, self._probe, BALANCE)
        return True

    def _count_spent(self, now: int) -> None:
        self._balance.spent(now)
        self._rate.add(now)
        self._spent += 1
        self._metrics.count("tokpulse_poll_credits_spent_total", self._upstream.name)

    # What came.

    def _receive(self, done: Done[FeedState | None] | None, now: int) -> None:
        if done is None:  # the wake-up of `stop`
            return
        self._fetchers.taken()
        state, fetched = done.subject, done.fetched
        if isinstance(fetched, Crash):
            raise fetched.error
        self._measure(state, fetched)
        self._landing(state, fetched)
        if state is None:
            self._told(fetched.result, now)
            return
        result = fetched.result
        failed = is_failure(result)
        self._breakers.of(fetched.call.endpoint).record(now, None if failed is None else not failed)
        if failed is False:
            self._balance.answered()
        if isinstance(result, Refusal):
            self._refused(state, fetched.call.endpoint, result, now)
        else:
            received_ms = fetched.answer.received_ms if fetched.answer else now
            origin = Origin(self._upstream.name, fetched.call.endpoint, state.ask(), received_ms)
            self._write(job_of(state, self._transform(replace(result, origin=origin)), received_ms))

    def _measure(self, state: FeedState | None, fetched: Fetched) -> None:
        name, endpoint = self._upstream.name, fetched.call.endpoint
        status = str(fetched.answer.status) if fetched.answer else "none"
        self._metrics.count("tokpulse_poll_requests_total", name, endpoint, status)
        self._metrics.observe("tokpulse_poll_request_seconds", name, endpoint, seconds=fetched.elapsed_s)
        result = fetched.result
        if isinstance(result, Refusal):
            self._metrics.count("tokpulse_poll_refusals_total", name, endpoint, result.failure.value, result.reason)
            self._last_error = f"{asked(endpoint, state)}: {result.reason}: {result.message}"

    def _told(self, result: Page | Refusal, now: int) -> None:
        """The answer to a probe."""
        self._probing = False
        self._count_probe("ok" if isinstance(result, Page) else result.reason)
        if isinstance(result, Page) and (result.cursor or "").removeprefix("-").isdigit():
            left = int(result.cursor or "0")
            self._balance.told(left, now)
            self._budget.told(left, now)
        elif isinstance(result, Refusal) and result.failure is Failure.FATAL:
            self._stop_for(result, "the balance")
        elif isinstance(result, Refusal) and result.failure is Failure.PAUSE:
            self._pause(result, now)
        else:
            self._balance.untold(now)

    def _count_probe(self, outcome: str) -> None:
        self._spent += 1
        self._metrics.count("tokpulse_poll_probes_total", self._upstream.name, outcome)
        self._metrics.count("tokpulse_poll_credits_spent_total", self._upstream.name)

    def _refused(self, state: FeedState, endpoint: str, refusal: Refusal, now: int) -> None:
        queue = self._feeds.queue
        if refusal.failure is Failure.FATAL:
            queue.put(state, now)
            self._stop_for(refusal, asked(endpoint, state))
        elif refusal.failure is Failure.PAUSE:
            queue.put(state, now)
            self._pause(refusal, now)
        elif refusal.failure is Failure.SKIP:
            level = logging.WARNING if refusal.reason == BAD_REQUEST else logging.INFO
            _LOG.log(level, "%s %s: skipped: %s (%s)", state.key.feed.value, state.key.subject, refusal.reason, refusal.message)
            # It is the subject that has nothing to show, unless it showed a page before: then the cursor is what went stale.
            cold_ms = self._watched.current.cadence.cold_ms
            rest_ms = cold_ms if state.cursor is None else state.interval_ms(self._watched.current.cadence)
            state.begin_anew()
            self._end_round(state, "skipped", now + rest_ms)
        else:
            state.attempts += 1
            if state.attempts < self._options.backoff.attempts:
                self._metrics.count("tokpulse_poll_retries_total", self._upstream.name, endpoint)
                queue.put(state, now + self._options.backoff.wait_ms(state.attempts, refusal.retry_after_s))
                return
            _LOG.warning("%s %s: given up until it is due again: %s", state.key.feed.value, state.key.subject, self._last_error)
            self._metrics.count("tokpulse_poll_given_up_total", self._upstream.name, state.key.feed.value)
            state.given_up += 1
            if state.given_up % 2 == 0:
                # The cursor itself may be what the upstream cannot serve.
                state.begin_anew()
            wait_ms = max(state.rules.base_ms, round((refusal.retry_after_s or 0) * 1000))
            self._given_up += 1
            self._end_round(state, "given_up", now + wait_ms)

    def _pause(self, refusal: Refusal, now: int) -> None:
        self._balance.pause(now, refusal.retry_after_s, refusal.reason)
        self._metrics.count("tokpulse_poll_pauses_total", self._upstream.name, refusal.reason)
        _LOG.warning("%s: paused: %s (%s)", self._upstream.name, refusal.reason, refusal.message)

    def _stop_for(self, refusal: Refusal, what: str) -> None:
        self._fatal = self._fatal or UpstreamRefusesError(
            f"{self._upstream.name} refuses {what} permanently: {refusal.reason} ({refusal.code}): {refusal.message}",
            "check the key and its plan, and that line of the watchlist; docs/upstreams.md lists what each code means",
        )
        self._stopping = True

    # What is written.

    def _write(self, job: Job) -> None:
        if (done := self._commits.write(job, self._clock.now_ms())) is not None:
            self._committed(job, *done)

    def _committed(self, job: Job, written: Written, progress: Progress) -> None:
        state, now = job.state, self._clock.now_ms()
        state.progress, state.attempts, state.given_up = progress, 0, 0
        self._count_written(job.page, written)
        if refused := self._feeds.found(state, job.page.found, now):
            self._metrics.count("tokpulse_poll_found_feeds_refused_total", self._upstream.name, by=refused)
        end = job.end
        if not end and state.rules.stop_at_repeats and written.repeats and not written.fresh + written.refused:
            state.begin_anew()
            end = "repeats"
        if not end and progress.cursor is not None:
            state.cursors.add(progress.cursor)
            self._feeds.queue.put(state, now + self._watched.current.page_pause)
            return
        state.cursors.clear()
        state.empty_pages = 0
        interval = state.interval_ms(self._watched.current.cadence)
        self._end_round(state, end, max(now + self._watched.current.page_pause, progress.round_started_ms + interval))

    def _count_written(self, page: Page, written: Written) -> None:
        topic = page.observations[0].topic if page.observations else "none"
        for outcome, number in (("fresh", written.fresh), ("repeat", written.repeats), ("refused", written.refused)):
            if number:
                self._metrics.count("tokpulse_poll_observations_total", self._upstream.name, topic, outcome, by=number)
        self._kept += written.fresh

    def _end_round(self, state: FeedState, end: str, due_ms: int) -> None:
        self._metrics.count("tokpulse_poll_rounds_total", self._upstream.name, state.key.feed.value, end)
        state.attempts = 0
        state.due_ms = due_ms
        if not self._options.once:
            self._feeds.queue.put(state, due_ms)

    # What is told.

    def _reread(self, now: int) -> None:
        if now < self._reread_at_ms:
            return
        self._reread_at_ms = now + self._options.reread_ms
        try:
            changed = self._watched.reread()
        except WatchlistError as error:
            self._metrics.count("tokpulse_poll_watchlist_errors_total", self._upstream.name)
            self._last_error = str(error)
            _LOG.error("the watchlist is kept as it was: %s", error)
            return
        if changed is not None:
            self._balance.rules = changed.credit_rules
            self._budget.per_day = self._feeds.share_of(changed.credits_per_day)
            added, removed = self._feeds.change(changed, now)
            _LOG.info("watchlist read again: %d feed(s) added, %d removed", added, removed)

    def _report(self, now: int) -> None:
        if now < self._status_at_ms:
            return
        self._status_at_ms = now + (self._options.status_ms if self._on_status else _GAUGES_MS)
        status = Status(
            feeds=len(self._feeds),
            due=self._feeds.queue.depth(now),
            in_flight=self._fetchers.in_flight,
            per_minute=self._rate.per_minute(now),
            credits_left=self._balance.left,
            spent_today=self._budget.spent(now),
            per_day=self._budget.per_day,
            spent=self._spent,
            kept=self._kept,
            pending=self._commits.waiting,
            paused=self._balance.why if self._balance.paused else "",
            breakers=self._breakers.states(),
            last_error=self._commits.last_error or self._last_error,
            cursor_age_s=self._feeds.oldest_round_s(now),
        )
        status.export(self._metrics, self._upstream.name, self._watched.current.credits.slow_below)
        if self._on_status:
            self._on_status(status)


def asked(endpoint: str, state: FeedState | None) -> str:
    """What a request asked for, in messages."""
    return endpoint if state is None else f"{endpoint} for {state.key.feed.value} {state.key.subject}"
