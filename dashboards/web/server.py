"""Serves the dashboard from a thread, so that a command, the demo and tests can each run one beside their own work."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from connectors.errors import TokpulseError

HOST = "127.0.0.1"
DEFAULT_PORT = 8050
MAX_PORT = 65_535
PORT_VARIABLE = "TOKPULSE_DASHBOARD_PORT"
_WAIT_S = 10.0


class DashboardPortError(TokpulseError):
    """The port cannot be served on."""


def usual_port(environ: Mapping[str, str]) -> int:
    """The port that TOKPULSE_DASHBOARD_PORT asks for, else DEFAULT_PORT. Raises DashboardPortError for what is no port."""
    text = environ.get(PORT_VARIABLE, "").strip()
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= MAX_PORT):
        raise DashboardPortError(f"{PORT_VARIABLE}: {text[:40]!r} is not a port", f"give 0 (any free one) to {MAX_PORT}")
    return int(text)


class DashboardServer:
    """Serves `app` on loopback between entering and leaving; `url` says where. Port 0 takes any free one.

    Entering raises DashboardPortError for a port that is taken.
    """

    def __init__(self, app: ASGIApp, port: int = DEFAULT_PORT) -> None:
        self.url = ""
        self._port = port
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
            # A socket of ours is given; requests' addresses are nobody's headers to set.
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._socket = _bound(self._port)
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="dashboard", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _WAIT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise DashboardPortError(f"the dashboard did not start on port {self._port}", "its log shows why")
            self._thread.join(0.01)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends every connection and returns when the thread has ended. It may be called more than once."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_WAIT_S)
        if self._socket is not None:
            self._socket.close()


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
    except OSError as error:
        sock.close()
        raise DashboardPortError(
            f"port {port} on {HOST}: {error.strerror}", f"give another --port (0: any free one), or set {PORT_VARIABLE}"
        ) from error
    return sock
