"""The balance at the upstream as a rate limit: slow below a threshold, silent at the floor, and never a tight loop of probes."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.backoff import UPSTREAM_PAUSE_MS
from connectors.clock import MINUTE_MS
from polling.schedule.backoff import clean_retry_after_ms

PROBE_GAP_MS = 15 * MINUTE_MS
FLOOR = "credits at the floor"


@dataclass(frozen=True)
class CreditRules:
    """Below `slow_below` credits the pace falls in proportion, at `floor` nothing is asked but the balance."""

    slow_below: int = 1_000
    floor: int = 100
    probe_ms: int = 30 * MINUTE_MS


class Balance:
    """What is known of the credits left, and whether the whole upstream is left alone for now. Times in unix milliseconds."""

    def __init__(self, rules: CreditRules) -> None:
        self.rules = rules
        self._probed_ms: int | None = None
        self._resume_ms: int | None = None
        self._pauses = 0
        self.left: int | None = None
        self.why = ""  # paused because of this; empty when it is not
        self.on_trial = False  # after a pause one request at a time, until one is answered

    @property
    def at_floor(self) -> bool:
        """Whether what is left is not ours to spend."""
        return self.left is not None and self.left <= self.rules.floor

    @property
    def paused(self) -> bool:
        """Whether no page may be asked for."""
        return self._resume_ms is not None

    def share(self) -> float:
        """The part of the usual pace that the balance allows, 0 to 1."""
        if self.left is None or self.left >= self.rules.slow_below:
            return 1.0
        span = max(1, self.rules.slow_below - self.rules.floor)
        return min(1.0, max(0.0, (self.left - self.rules.floor) / span))

    def probe_due_ms(self) -> int:
        """When the balance should be asked for next. While paused this is also when the pause may end."""
        if self._resume_ms is not None:
            return self._resume_ms
        return 0 if self._probed_ms is None else self._probed_ms + self.rules.probe_ms

    def probe_allowed(self, now_ms: int) -> bool:
        """Whether a probe may be made: never two within 15 minutes."""
        return self._probed_ms is None or now_ms >= self._probed_ms + PROBE_GAP_MS

    def remember(self, asked_ms: int, left: int | None, now_ms: int) -> None:
        """What an earlier process asked, and what must be left of what it was told: it holds until the balance may be asked for."""
        asked_ms = min(asked_ms, now_ms)  # the clock may have been set back
        if now_ms < asked_ms + PROBE_GAP_MS:
            self._probed_ms, self.left = asked_ms, left
            if self.at_floor:
                self._hold(asked_ms + PROBE_GAP_MS, FLOOR)

    def begin_probe(self, now_ms: int) -> None:
        """A probe is on its way."""
        self._probed_ms = now_ms

    def spend(self, now_ms: int) -> None:
        """A request was made: the balance falls by one until a probe says otherwise."""
        if self.left is not None:
            self.left -= 1
            if self.at_floor and not self.paused:
                # The own count may be too low: the pause ends by asking, as soon as that is allowed.
                self._hold(max(now_ms, (self._probed_ms or 0) + PROBE_GAP_MS), FLOOR)

    def set_left(self, left: int, now_ms: int) -> None:
        """A probe was answered."""
        self.left = left
        if self.at_floor:
            self._hold(now_ms + PROBE_GAP_MS, FLOOR)
        else:
            self._resume_if_over(now_ms)

    def probe_failed(self, now_ms: int) -> None:
        """A probe was not answered. Only a known floor keeps the pause: the endpoint of the balance must not stop all others."""
        if self.at_floor:
            self._hold(now_ms + PROBE_GAP_MS, FLOOR)
        else:
            self._resume_if_over(now_ms)

    def pause(self, now_ms: int, retry_after_s: float | None, why: str) -> None:
        """The upstream answers nobody: until its Retry-After, else for 15 minutes; longer when one pause follows another."""
        least = round(UPSTREAM_PAUSE_MS.after(self._pauses + 1))
        asked = clean_retry_after_ms(retry_after_s)
        if not self.paused:  # several requests in flight are refused together
            self._pauses += 1
        until = now_ms + (PROBE_GAP_MS if asked is None else max(asked, least))
        self._hold(max(until, self._resume_ms or 0), why)

    def resume(self) -> None:
        """The pause is over, on trial."""
        self._resume_ms, self.why, self.on_trial = None, "", True

    def end_trial(self) -> None:
        """A page came."""
        self._pauses, self.on_trial = 0, False

    def _resume_if_over(self, now_ms: int) -> None:
        # A probe may be answered after a page was refused with a time to come back, which holds.
        if self._resume_ms is not None and (self.why == FLOOR or now_ms >= self._resume_ms):
            self.resume()

    def _hold(self, until_ms: int, why: str) -> None:
        self._resume_ms, self.why = until_ms, why
