"""What is said and counted of LIVE."""

from __future__ import annotations

import logging
from collections.abc import Callable

from connectors.upstream.tiktools_closes import Close
from connectors.upstream.tiktools_events import known
from polling.metrics import Metrics

log = logging.getLogger("polling")
# Names of unknown events come from outside: a metric has no more than so many.
_MOST_NAMES = 50
_LONGEST_NAME = 60


class Report:
    """Lines of the log, each once per occasion, and metrics."""

    def __init__(self, metrics: Metrics | None = None, say: Callable[[str], None] | None = None) -> None:
        self.metrics = metrics or Metrics()
        self.say: Callable[[str], None] = say or (lambda text: log.info("%s", text))
        self.unknown: dict[str, int] = {}

    def event(self, name: str) -> None:
        """One that goes to Kafka. An unknown one is named once."""
        if not known(name):
            name = name[:_LONGEST_NAME]
            if name not in self.unknown:
                name = name if len(self.unknown) < _MOST_NAMES else "others"
                if name not in self.unknown:
                    self.say(f"unknown event {name!r}: it is kept, with all its fields in the payload")
            self.unknown[name] = self.unknown.get(name, 0) + 1
        self.metrics.count("tokpulse_live_events_total", name)

    def repeated(self) -> None:
        """One that came before."""
        self.metrics.count("tokpulse_live_repeats_total")

    def refused(self, why: str) -> None:
        """A frame or record that went to the dead letters."""
        self.metrics.count("tokpulse_live_refused_total", why)

    def closed(self, handle: str, close: Close, reason: str, then: str) -> None:
        """The end of a connection, in words."""
        self.metrics.count("tokpulse_live_closes_total", close.name)
        code = f"{close.code} " if close.code is not None else ""
        said = f" ({reason})" if reason and reason != close.name else ""
        hint = f"; {close.hint}" if close.hint else ""
        self.say(f"@{handle}: {code}{close.name}: {close.message}{said}; {then}{hint}")

    def requested(self, path: str, status: int | str) -> None:
        """One request over HTTP."""
        self.metrics.count("tokpulse_live_requests_total", path, str(status))

    def sockets(self, taken: int) -> None:
        """How many are open, or being opened."""
        self.metrics.set("tokpulse_live_sockets", to=taken)

    def rooms(self, watched: int, on_air: int) -> None:
        """Creators that are watched, and those that are followed now."""
        self.metrics.set("tokpulse_live_creators", "watched", to=watched)
        self.metrics.set("tokpulse_live_creators", "on_air", to=on_air)
