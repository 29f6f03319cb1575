"""How long to wait before something is tried again: the rule, and the numbers of all who follow it."""

from __future__ import annotations

from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, wait_exponential


@dataclass(frozen=True)
class Doubling:
    """`first` after the first failure, twice as long after each further one, at most `longest`. In any one unit of time."""

    first: float
    longest: float

    @property
    def strategy(self) -> wait_exponential:
        """For a loop of tenacity's, which waits in seconds."""
        return wait_exponential(self.first, max=self.longest)

    def after(self, failures: int) -> float:
        """The wait after failure number `failures`, from 1: for those who note when to go on, and do not sleep until then."""
        # There is no loop and no function: the strategy looks at the number of the attempt only.
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = max(1, failures)
        return self.strategy(state)


# Of a poller, in milliseconds. The first is a bound: the wait is anything between nothing and it, evenly.
PAGE_RETRY_MS = Doubling(2_000, 300_000)
UPSTREAM_PAUSE_MS = Doubling(30_000, 15 * 60_000)
BREAKER_OPEN_MS = Doubling(30_000, 15 * 60_000)
KAFKA_WRITE_MS = Doubling(500, 30_000)
# In seconds.
LANDING_INSERT_S = Doubling(2.0, 60.0)
ALERT_POST_S = Doubling(2.0, 60.0)  # a bound, as that of a page
SERVICE_RESTART_S = Doubling(0.5, 15.0)
JOB_RESUME_S = Doubling(2.0, 60.0)
