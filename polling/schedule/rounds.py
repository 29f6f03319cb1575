"""The loop: what is due is asked for, what comes is put into Kafka, and the feed rests until its next page or round."""

from __future__ import annotations

import logging

from connectors.errors import TokpulseError
from polling.following.follow import Following
from polling.reports import Reports
from polling.schedule.asking import Asking
from polling.schedule.commits import Commits, CommittedPage
from polling.schedule.feeds import Feeds
from polling.schedule.options import Options
from polling.status import Status
from polling.watchlist import WatchedFile, WatchlistError

_LOG = logging.getLogger(__name__)
_IDLE_MS = 60_000
_GAUGES_MS = 10_000
# `--once` does not wait for a pause or the next day's credits.
_ONCE_WAITS_MS = 60_000


class UnfinishedError(TokpulseError):
    """`--once` ended before every feed was read."""


class Rounds:
    """Polls until it is told to stop. One thread runs it and decides; others only fetch.

    Nothing is lost: a feed's cursor moves by the transaction that holds its page's records, and only then is the next page asked
    for. When it is killed at any point, the page after the last committed one is read again, and the writer drops what it knows.
    """

    def __init__(
        self,
        asking: Asking,
        commits: Commits,
        feeds: Feeds,
        following: Following,
        watched: WatchedFile,
        reports: Reports,
        options: Options,
    ) -> None:
        self._asking, self._commits, self._feeds, self._following = asking, commits, feeds, following
        self._watched, self._reports, self._options = watched, reports, options
        self._stop = False
        self._reread_at_ms = self._status_at_ms = 0

    def stop(self) -> None:
        """No new requests; what is in flight is finished and written, then `run` returns. May be called by a signal handler."""
        self._stop = True
        self._asking.wake_up()

    def run(self) -> None:
        """Polls until `stop`, or once through.

        Raises UpstreamRefusesError, UnfinishedError, FencedProducerError when another poller took over the shard,
        ReservationError when credits cannot be reserved, HandleFileError and PlanFileError when what handles lead to, and what is
        followed, cannot be kept.
        """
        clock = self._options.clock
        try:
            now = clock.now_ms()
            self._asking.purse.open(now)
            once = self._options.once
            followed = [] if once else self._following.open(now)
            self._feeds.load(
                self._watched.current, self._commits.progress(self._following.owns), now, at_once=once, followed=followed
            )
            while True:
                now = clock.now_ms()
                self._reread(now)
                wake = self._ask(now)
                self._report(now)
                if self._finished(now, wake):
                    break
                until = max(now, min(wake, now + self._options.status_ms) if self._reports.on_screen else wake)
                pages = self._asking.pages(until)
                if not once:
                    self._following.see((page.read for page in pages), self._watched.current.follow, clock.now_ms())
                for page in self._commits.write(pages):
                    self._go_on(page, clock.now_ms())
                self._following.flush()
            if error := self._asking.crashed or self._asking.refused:
                raise error
            self._following.flush()
        finally:
            self._asking.close()
            self._following.close()

    @property
    def _stopping(self) -> bool:
        return self._stop or self._asking.refused is not None or self._asking.crashed is not None

    def _ask(self, now: int) -> int:
        """Begins what may be begun; returns when to look again."""
        wake = min(now + _IDLE_MS, self._reread_at_ms)
        if self._stopping:
            return wake
        if self._commits.waiting:
            return min(wake, self._commits.again_ms)
        return self._asking.ask(now, wake)

    def _go_on(self, page: CommittedPage, now: int) -> None:
        """After a commit: to the feed's next page, or to the end of its round."""
        state, progress, written, end = page.received.state, page.progress, page.written, page.received.end
        self._reports.committed(page.received.read.page, written)
        if page.received.account is not None:
            self._reports.count("tokpulse_poll_rounds_total", state.key.feed.value, end)
            self._feeds.led_to(state, page.received.account, progress, now)
            return
        state.progress, state.attempts, state.given_up = progress, 0, 0
        beyond = self._feeds.add_found(state, page.received.read.page.found, now) + self._following.go_on(page, now)
        if beyond:
            self._reports.count("tokpulse_poll_found_feeds_refused_total", by=beyond)
        if not end and state.rules.stop_at_repeats and written.repeats and not written.fresh + written.refused:
            state.begin_anew()
            end = "repeats"
        soonest = now + self._watched.current.page_pause
        if not end and progress.cursor is not None:
            state.cursors.add(progress.cursor)
            self._feeds.queue.put(state, soonest)
            return
        state.cursors.clear()
        state.empty_pages = 0
        self._reports.count("tokpulse_poll_rounds_total", state.key.feed.value, end)
        self._feeds.end_round(state, max(soonest, progress.round_started_ms + state.interval_ms(self._feeds.cadence)))

    def _finished(self, now: int, wake: int) -> bool:
        if self._asking.in_flight:
            return False
        if self._stopping:
            # Once more and not for ever: a page that is not written is read again after the start, from its committed cursor.
            for page in self._commits.write([], at_last=True):
                self._go_on(page, now)
            if self._commits.waiting:
                raise UnfinishedError(
                    f"{self._commits.waiting} page(s) could not be written: {self._commits.last_error}",
                    "they are read again after the next start",
                )
            return True
        return self._options.once and not self._commits.waiting and self._read_once(now, wake)

    def _read_once(self, now: int, wake: int) -> bool:
        """Whether every feed was read; raises UnfinishedError when one cannot be without waiting."""
        queue, purse = self._feeds.queue, self._asking.purse
        waits = wake > now + _ONCE_WAITS_MS or (queue.next_ms() or now) > now + _ONCE_WAITS_MS
        if len(queue) and not waits:
            return False
        if left := len(queue) + self._asking.given_up:
            spent = "the day's credits are spent" if purse.budget.ready_ms(now) > now else self._reports.last_error
            raise UnfinishedError(
                f"{left} feed(s) were not read to their end: {purse.balance.why or spent}",
                "run it again later: it goes on from there",
            )
        return True

    def _reread(self, now: int) -> None:
        self._feeds.follow_handles(now)
        if now < self._reread_at_ms:
            return
        self._reread_at_ms = now + self._options.reread_ms
        self._feeds.handles.reread()
        try:
            changed = self._watched.reread()
        except WatchlistError as error:
            self._reports.count("tokpulse_poll_watchlist_errors_total")
            self._reports.last_error = str(error)
            _LOG.error("the watchlist is kept as it was: %s", error)
            return
        if changed is not None:
            purse = self._asking.purse
            purse.balance.rules, purse.budget.per_day = changed.credit_rules, self._feeds.share_of(changed.credits_per_day)
            purse.people.per_day = changed.for_people(purse.budget.per_day)
            added, removed = self._feeds.change(changed, now)
            _LOG.info("watchlist read again: %d feed(s) added, %d removed", added, removed)
            for line in self._feeds.unpolled():
                _LOG.warning("watchlist: %s", line)

    def _report(self, now: int) -> None:
        if now < self._status_at_ms:
            return
        self._status_at_ms = now + (self._options.status_ms if self._reports.on_screen else _GAUGES_MS)
        purse = self._asking.purse
        status = Status(
            feeds=len(self._feeds),
            due=self._feeds.queue.depth(now),
            in_flight=self._asking.in_flight,
            per_minute=self._reports.rate.per_minute(now),
            credits_left=purse.balance.left,
            spent_today=purse.budget.spent(now),
            per_day=purse.budget.per_day,
            spent=self._reports.spent,
            kept=self._reports.kept,
            pending=self._commits.waiting,
            paused=purse.balance.why if purse.balance.paused else "",
            breakers=self._asking.breakers.states(),
            last_error=self._commits.last_error or self._reports.last_error,
            cursor_age_s=self._feeds.oldest_round_s(now),
            handles=self._feeds.handles.states(),
        )
        self._reports.status(status, self._watched.current.credits.slow_below)
