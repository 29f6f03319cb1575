"""Why figures are behind: what somebody who knows the services has found, looked for in the background and never waited for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

# What was found is told for so long; who asks later gets it once more, and a new look begins.
AGAIN_S: Final = 5.0
BEHIND_AGAIN_S: Final = 20.0
OLD_S: Final = 120.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """A reason: `means` in a few words, `about` the service, topic or job that has it."""

    means: str
    about: str = ""


class Causes:
    """Looks for reasons as often as pages ask. `find` is told whether figures are behind: it may then look everywhere, and long."""

    def __init__(self, find: Callable[[bool], Sequence[Trouble]], clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._clock = clock
        self._lock = threading.Lock()
        # Of both ways to look: what was found, when, and whether somebody looks.
        self._found: dict[bool, tuple[Sequence[Trouble], float]] = {}
        self._looking: set[bool] = set()

    def known(self, behind: bool) -> Sequence[Trouble]:
        """What was found last; a look begins where that is not new. Empty at first."""
        with self._lock:
            found, at = self._found.get(behind, ((), float("-inf")))
            if self._clock() - at > (BEHIND_AGAIN_S if behind else AGAIN_S) and behind not in self._looking:
                self._looking.add(behind)
                # A daemon: a service that does not answer keeps no command from ending.
                threading.Thread(target=self._look, args=(behind,), name="causes", daemon=True).start()
            # What was found before everybody left is no reason any more.
            return found if self._clock() - at <= OLD_S else ()

    def forget(self) -> None:
        """What was found is known no longer."""
        with self._lock:
            self._found.clear()

    def _look(self, behind: bool) -> None:
        found: Sequence[Trouble] = ()
        try:
            found = self._find(behind)
        except Exception:  # a page without reasons is still a page
            _log.exception("cannot look for reasons")
        with self._lock:
            self._found[behind] = (found, self._clock())
            self._looking.discard(behind)

    def routes(self) -> Sequence[BaseRoute]:
        """`GET /api/causes`, with `behind=1` where figures are."""

        async def causes(request: Request) -> Response:
            found = self.known(request.query_params.get("behind") == "1")
            return JSONResponse({"causes": [asdict(trouble) for trouble in found]})

        return (Route("/api/causes", causes),)
