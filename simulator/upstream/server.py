"""The fake upstream as a server in a background thread: for tests in their own process, and for `tokpulse fake-upstream`."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from simulator.settings import SimulationSettings
from simulator.upstream.ledger import Ledger
from simulator.upstream.script import QUIET, Script, load_script
from simulator.upstream.service import DEMO_KEY, MILLION, Service
from simulator.upstream.wire import Wire
from simulator.upstream.world import World

_STOP_SECONDS = 10.0


class FakeUpstreamError(TokpulseError):
    """The server cannot start."""


class FakeUpstream:
    """Serves all dialects at `url` between entering and leaving; leaving ends every connection, and the thread with them.

    `settings` describe the universe, `script` the bad day (a Script, the name of a shipped one, or a file), `clock` gives the
    simulated time in unix milliseconds. `credits` are those of each dialect's key, renewed every UTC day if `daily`. Port 0 is any
    free one. Raises FakeUpstreamError for an address that is not loopback, or that is taken; ScriptError for a bad script.
    """

    def __init__(
        self,
        settings: SimulationSettings,
        script: Script | str | Path = QUIET,
        clock: Callable[[], int] = wall_clock_ms,
        *,
        key: str = DEMO_KEY,
        credits: int = MILLION,
        daily: bool = False,
        comments_per_post: int = 120,
        host: str = "127.0.0.1",
        port: int = 0,
        ledger: Ledger | None = None,
    ) -> None:
        refuse_public(host)
        self.key = key
        self.script = script if isinstance(script, Script) else load_script(script)
        self.world = World(settings, comments_per_post)
        self.service = Service(self.world, self.script, clock, key=key, credits=credits, daily=daily)
        self.ledger = ledger if ledger is not None else Ledger()
        self.url = ""
        self._host = host
        self._port = port
        self._thread = threading.Thread(target=self._run, name="fake-upstream", daemon=True)
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join(_STOP_SECONDS)
            raise FakeUpstreamError(
                f"cannot serve on {self._host} port {self._port}: {self._error}", "give another --port; 0 takes any free one"
            ) from self._error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends every connection and returns when the thread has ended. It may be called more than once."""
        if self._thread.is_alive() and self._loop is not None and self._stopped is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended by itself in this very moment
                self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(_STOP_SECONDS)
        self.ledger.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        await Wire(self.service, self.ledger).serve(self._host, self._port, self._listening, self._stopped)

    def _listening(self, port: int) -> None:
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{shown}:{port}"
        self._ready.set()


def refuse_public(host: str) -> None:
    """Raises FakeUpstreamError unless `host` is a loopback address: the server has no protection of its own."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise FakeUpstreamError(f"{host!r} is not a loopback address", "the fake upstream serves on 127.0.0.1 or ::1 only")
