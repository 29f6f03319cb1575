"""The breakers of one upstream, and their metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from polling.reports import Reports
from polling.schedule.breaker import Breaker, BreakerRules, State

_LOG = logging.getLogger(__name__)
_NUMBERS = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}


class Breakers:
    """One breaker for each endpoint that was ever asked of. Not thread-safe."""

    def __init__(self, rules: BreakerRules, reports: Reports) -> None:
        self._rules, self._reports = rules, reports
        self._known: dict[str, Breaker] = {}

    def of(self, endpoint: str) -> Breaker:
        """The breaker of `endpoint`, a closed one at first."""
        breaker = self._known.get(endpoint)
        if breaker is None:
            breaker = self._known[endpoint] = Breaker(self._rules, lambda state: self._changed(endpoint, state))
            self._reports.set("tokpulse_poll_breaker_state", endpoint, to=0)
        return breaker

    def states(self) -> Mapping[str, str]:
        """Endpoint -> closed, half_open or open."""
        return {endpoint: breaker.state.value for endpoint, breaker in self._known.items()}

    def _changed(self, endpoint: str, state: State) -> None:
        self._reports.set("tokpulse_poll_breaker_state", endpoint, to=_NUMBERS[state])
        self._reports.count("tokpulse_poll_breaker_transitions_total", endpoint, state.value)
        _LOG.warning("%s %s: breaker is %s", self._reports.upstream, endpoint, state.value.replace("_", " "))
