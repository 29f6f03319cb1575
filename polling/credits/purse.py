"""The credits that may be spent now: what the day's budget leaves, as far as the balance at the upstream allows."""

from __future__ import annotations

import logging

from connectors.upstream.model import Failure, Page, Refusal
from polling.credits.balance import Balance, CreditRules
from polling.credits.budget import Budget
from polling.reports import Reports

_LOG = logging.getLogger(__name__)


class Purse:
    """Pays for pages and for probes, which ask for the balance; a credit each. Times in unix milliseconds.

    `people` is the part of `budget` that profiles of people may cost who are not on the watchlist.
    """

    def __init__(self, budget: Budget, people: Budget, rules: CreditRules, reports: Reports) -> None:
        self.budget, self.people, self.balance = budget, people, Balance(rules)
        self._reports = reports
        self.probing = False  # a probe is under way

    def open(self, now: int) -> None:
        """Takes up what an earlier process asked, and the answer."""
        if (last := self.budget.last_probe(now)) is not None:
            self.balance.remember(last.asked_ms, last.left, now)

    def pay(self, now: int, *, person: bool = False) -> bool:
        """Takes the credit for a page, or for the profile of a person; False when there is none for now."""
        if person and not self.people.take(now, self.balance.share()):
            return False
        if not self.budget.take(now, self.balance.share()):
            if person:
                self.people.put_back()
            return False
        self.balance.spend(now)
        self._reports.rate.add(now)
        self._reports.credit_spent()
        return True

    def ready_ms(self, now: int) -> int:
        """When `pay` may succeed."""
        return max(now + 1, self.budget.ready_ms(now, self.balance.share()))

    def people_ready_ms(self, now: int) -> int:
        """When there may be a credit for the profile of a person: now, or later."""
        return self.people.ready_ms(now, self.balance.share())

    def close(self) -> None:
        """Gives back what is reserved and not spent."""
        self.people.close()
        self.budget.close()

    def begin_probe(self, now: int) -> bool:
        """A probe is due: `probing` says whether one is to be made now. False when there is no credit for it."""
        if not self.balance.probe_allowed(now):
            # A short pause right after a probe: it ends without one, unless the floor is known.
            self.balance.probe_failed(now)
            return True
        if not self.budget.take(now):
            return False
        self.balance.begin_probe(now)
        # Before it is asked: a poller that dies, and starts again, does not ask again at once.
        self.budget.begin_probe(now)
        self._reports.rate.add(now)
        self.probing = True
        return True

    def end_probe(self, result: Page | Refusal, now: int) -> None:
        """What the probe gave: a page whose cursor is the balance, or why there is none. A fatal refusal is the caller's."""
        self.probing = False
        self._reports.credit_spent()
        self._reports.count("tokpulse_poll_probes_total", "ok" if isinstance(result, Page) else result.reason)
        if isinstance(result, Page) and (result.cursor or "").removeprefix("-").isdigit():
            left = int(result.cursor or "0")
            self.balance.set_left(left, now)
            self.budget.note_left(left, now)
        elif isinstance(result, Refusal) and result.failure is Failure.PAUSE:
            self.pause(result, now)
        elif isinstance(result, Page) or result.failure is not Failure.FATAL:
            self.balance.probe_failed(now)

    def pause(self, refusal: Refusal, now: int) -> None:
        """The upstream answers nobody: nothing is paid for until the pause is over."""
        self.balance.pause(now, refusal.retry_after_s, refusal.reason)
        self._reports.count("tokpulse_poll_pauses_total", refusal.reason)
        _LOG.warning("%s: paused: %s (%s)", self._reports.upstream, refusal.reason, refusal.message)
