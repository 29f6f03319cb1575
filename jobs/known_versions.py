"""The published thresholds as a running task knows them: asked for anew twice a second, while there is something to judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tenacity import Retrying, retry_if_exception_type, stop_after_delay

from connectors.errors import TokpulseError
from connectors.retrying import RETRY_SECONDS, pause
from udfs.thresholds import ThresholdVersion, in_force

REFRESH_S = 0.5


class NoThresholdsError(TokpulseError):
    """No version of the thresholds is in force at a time that must be judged."""


class KnownVersions:
    """Knows every published version as of at most REFRESH_S ago.

    `fetch` gives all versions, or raises TokpulseError. `monotonic` and `wall_ms` are clocks, of seconds and of Unix milliseconds.
    """

    def __init__(
        self,
        fetch: Callable[[], Sequence[ThresholdVersion]],
        monotonic: Callable[[], float] = time.monotonic,
        wall_ms: Callable[[], float] = lambda: time.time() * 1000,
        retry_s: float = RETRY_SECONDS,
    ) -> None:
        self._fetch, self._monotonic, self._wall_ms, self._retry_s = fetch, monotonic, wall_ms, retry_s
        self._versions: dict[str, ThresholdVersion] = {}
        self._asked = float("-inf")
        self._answered = False
        self._known_until_ms = float("-inf")

    def refresh(self, newest_ms: int) -> None:
        """Asks again when it is time to. `newest_ms` (Unix milliseconds) is the newest time that will be judged.

        While ClickHouse does not answer, what is known serves for times before the last answer: a version takes effect after it
        was published, unless somebody backdates it, so no unknown one can be in force there. A later time waits. Raises
        TokpulseError after the retries.
        """
        certain = self._answered or newest_ms < self._known_until_ms
        if certain and self._monotonic() - self._asked < REFRESH_S:
            return
        try:
            self._ask()
        except TokpulseError:
            self._asked, self._answered = self._monotonic(), False
            if newest_ms >= self._known_until_ms:
                again = Retrying(
                    retry=retry_if_exception_type(TokpulseError),
                    stop=stop_after_delay(self._retry_s),
                    wait=pause,
                    reraise=True,
                )
                again(self._ask)

    def in_force(self, at_ms: int) -> ThresholdVersion:
        """The version in force at `at_ms`, Unix milliseconds. Raises NoThresholdsError."""
        try:
            return in_force(tuple(self._versions.values()), at_ms)
        except LookupError as error:
            raise NoThresholdsError(str(error), "`tokpulse init` publishes the first version, in force from 1970 on") from None

    def _ask(self) -> None:
        asked_ms = self._wall_ms()
        found = {version.version: version for version in self._fetch()}
        complete = self._versions.keys() <= found.keys()
        # Versions are never taken back: an answer without one of them is that of a replica that lags.
        self._versions |= found
        self._asked, self._answered = self._monotonic(), True
        if complete:
            self._known_until_ms = asked_ms
