"""How one page is asked for: whether it may be, by which thread, and what becomes of its feed when there is none."""

from __future__ import annotations

import logging
from dataclasses import replace
from queue import SimpleQueue

from connectors.errors import TokpulseError
from connectors.upstream.codes import BAD_REQUEST
from connectors.upstream.model import Ask, Failure, Origin, Page, Refusal
from polling.credits.purse import Purse
from polling.model import ReadPage
from polling.reports import Reports
from polling.schedule.breakers import Breakers
from polling.schedule.commits import ReceivedPage, received_page
from polling.schedule.feed_state import FeedState
from polling.schedule.feeds import Feeds
from polling.schedule.fetching import BALANCE, Crash, Done, Fetchers, Source, is_failure
from polling.schedule.options import Options
from polling.watching.entries import is_handle

_LOG = logging.getLogger(__name__)


class UpstreamRefusesError(TokpulseError):
    """The upstream's answer asks for a human: the key is refused, a request is malformed."""


class Asking:
    """Asks for the feeds that are due, as far as credits, breakers and the number of requests at a time allow.

    A page that came is the caller's; a feed without one is retried, put off or given up until it is due again. `refused` is set by
    an answer after which nothing more may be asked, `crashed` by a defect: what comes after that is still the caller's, as it has
    cost credits. `given_up` counts rounds that were left. Not thread-safe: others only fetch.
    """

    def __init__(self, source: Source, feeds: Feeds, purse: Purse, reports: Reports, options: Options) -> None:
        self._source, self._feeds, self._reports, self._options = source, feeds, reports, options
        self.purse = purse
        self.breakers = Breakers(options.breaker, reports)
        self._inbox: SimpleQueue[Done[FeedState | None] | None] = SimpleQueue()
        self._fetchers: Fetchers[FeedState | None] = Fetchers(options.in_flight, self._inbox)
        self.refused: UpstreamRefusesError | None = None
        self.crashed: Exception | None = None
        self.given_up = 0

    @property
    def in_flight(self) -> int:
        """Requests that were begun and whose end `pages` has not seen."""
        return self._fetchers.in_flight

    def ask(self, now: int, wake: int) -> int:
        """Begins what may be begun; returns when to look again, at the latest at `wake`.

        With `once` later than that, where credits or a pause are waited for: nothing else happens meanwhile.
        """
        queue, balance, once = self._feeds.queue, self.purse.balance, self._options.once
        while self.in_flight < (1 if balance.on_trial else self._options.in_flight) and not self.purse.probing:
            if now >= balance.probe_due_ms() and not self._probe(now):
                return max(now + 1, min(wake, self.purse.budget.ready_ms(now)))
            if self.purse.probing:
                break
            if balance.paused:
                return balance.probe_due_ms() if once else min(wake, max(now + 1, balance.probe_due_ms()))
            ready = self.purse.people_ready_ms(now)
            state = queue.pop(now, people=ready <= now)
            if state is None:
                due = queue.next_ms(people=True)
                wake = wake if due is None else min(wake, due)
                return min(wake, max(now + 1, ready)) if queue.people_due(now) else wake
            if is_handle(name := state.key.subject) and (later_ms := self._feeds.handles.due_ms(name, now, at_once=once)) > now:
                # Another poller has looked it up meanwhile.
                if not once:
                    queue.put(state, later_ms)
                continue
            breaker = self.breakers.of(self._source.upstream.call(state.ask()).endpoint)
            if again_ms := breaker.admit(now):
                queue.put(state, again_ms)
                continue
            if not self.purse.pay(now, person=state.person is not None):
                breaker.record(now, None)
                queue.put(state, now)
                ready = self.purse.ready_ms(now)
                return ready if once else min(wake, ready)
            self._fetchers.start(state, self._source.fetch, state.ask())
        return wake

    def pages(self, until: int) -> list[ReceivedPage]:
        """Waits until `until` or until a request ends, and takes all that have ended by then; those that are pages.

        In virtual time that is all that are in flight, as no time passes before they end.
        """
        clock, pages = self._options.clock, list[ReceivedPage]()
        while (done := clock.next(self._inbox, until, self.in_flight)) is not None:  # None is the time, or the wake-up
            until = clock.now_ms()
            try:
                page = self._end(done, until)
            except Exception as error:
                self.crashed = self.crashed or error
            else:
                pages += [] if page is None else [page]
        return pages

    def wake_up(self) -> None:
        """Ends the waiting of `pages`. May be called by a signal handler."""
        self._inbox.put(None)

    def close(self) -> None:
        """No more requests; gives back credits that are not spent."""
        self._fetchers.close()
        self.purse.close()

    def _probe(self, now: int) -> bool:
        """Asks for the balance where that may be; False when there is no credit to do so."""
        if not self.purse.begin_probe(now):
            return False
        if self.purse.probing:
            self._fetchers.start(None, self._source.probe, BALANCE)
        return True

    def _end(self, done: Done[FeedState | None], now: int) -> ReceivedPage | None:
        self._fetchers.taken()
        state, fetched = done.subject, done.fetched
        if isinstance(fetched, Crash):
            raise fetched.error
        endpoint, result = fetched.call.endpoint, fetched.result
        self._reports.attempt(fetched, endpoint if state is None else f"{endpoint} for {state.key}")
        if state is None:
            self.purse.end_probe(result, now)
            if isinstance(result, Refusal) and result.failure is Failure.FATAL:
                self._refuse(result, "the balance")
            return None
        failed = is_failure(result)
        self.breakers.of(endpoint).record(now, None if failed is None else not failed)
        if failed is False:
            self.purse.balance.end_trial()
        if isinstance(result, Refusal):
            self._without_page(state, endpoint, result, now)
            return None
        received_ms = fetched.answer.received_ms if fetched.answer else now
        if is_handle(state.key.subject):
            return self._looked_up(state, endpoint, result, received_ms, now)
        origin = Origin(self._source.upstream.name, endpoint, state.shown_ask(), received_ms)
        return received_page(state, self._source.transform(replace(result, origin=origin)), received_ms)

    def _looked_up(self, state: FeedState, endpoint: str, page: Page, received_ms: int, now: int) -> ReceivedPage | None:
        """The answer to the look-up of a handle is a profile like any other, once it is clear whose."""
        account = self._feeds.handles.read(state.key.subject, page, now)
        if isinstance(account, Refusal):
            self._without_page(state, endpoint, account, now)
            return None
        key = account.profile
        origin = Origin(self._source.upstream.name, endpoint, Ask(key.feed, key.subject), received_ms)
        profile = self._source.transform(replace(page, cursor=None, origin=origin))
        return ReceivedPage(state, ReadPage(key, profile, received_ms, self._feeds.progress_of(key)), "complete", account)

    def _without_page(self, state: FeedState, endpoint: str, refusal: Refusal, now: int) -> None:
        if refusal.failure is Failure.FATAL:
            self._feeds.queue.put(state, now)
            self._refuse(refusal, f"{endpoint} for {state.key}")
        elif refusal.failure is Failure.PAUSE:
            self._feeds.queue.put(state, now)
            self.purse.pause(refusal, now)
        elif refusal.failure is Failure.SKIP:
            self._skip(state, refusal, now)
        else:
            self._retry(state, endpoint, refusal, now)

    def _skip(self, state: FeedState, refusal: Refusal, now: int) -> None:
        if is_handle(state.key.subject):
            self._end_round(state, "skipped", self._feeds.handles.not_found(state.key.subject, refusal, now))
            return
        level = logging.WARNING if refusal.reason == BAD_REQUEST else logging.INFO
        _LOG.log(level, "%s: skipped: %s (%s)", state.key, refusal.reason, refusal.message)
        # It is the subject that has nothing to show, unless it showed a page before: then the cursor is what went stale.
        cadence = self._feeds.cadence
        rest_ms = cadence.cold_ms if state.cursor is None else state.interval_ms(cadence)
        state.begin_anew()
        self._end_round(state, "skipped", now + rest_ms)

    def _retry(self, state: FeedState, endpoint: str, refusal: Refusal, now: int) -> None:
        state.attempts += 1
        if refusal.retries is not None and state.attempts > refusal.retries:
            self._skip(state, refusal, now)
            return
        if state.attempts < self._options.backoff.attempts:
            self._reports.count("tokpulse_poll_retries_total", endpoint)
            self._feeds.queue.put(state, now + self._options.backoff.wait_ms(state.attempts, refusal.retry_after_s))
            return
        _LOG.warning("%s: given up until it is due again: %s", state.key, self._reports.last_error)
        self._reports.count("tokpulse_poll_given_up_total", state.key.feed.value)
        state.given_up += 1
        if state.given_up % 2 == 0:
            # The cursor itself may be what the upstream cannot serve.
            state.begin_anew()
        self.given_up += 1
        self._end_round(state, "given_up", now + max(state.rules.base_ms, round((refusal.retry_after_s or 0) * 1000)))

    def _end_round(self, state: FeedState, end: str, due_ms: int) -> None:
        self._reports.count("tokpulse_poll_rounds_total", state.key.feed.value, end)
        self._feeds.end_round(state, due_ms)

    def _refuse(self, refusal: Refusal, about: str) -> None:
        name = self._source.upstream.name
        self.refused = self.refused or UpstreamRefusesError(
            f"{name} refuses {about} permanently: {refusal.reason} ({refusal.code}): {refusal.message}",
            "check the key and its plan, and the watchlist entry if one is named; docs/upstreams.md lists what each code means",
        )
