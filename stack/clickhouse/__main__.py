"""`python -m stack.clickhouse`: serve one data directory until SIGTERM."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.terminal import log_handler, say
from stack.clickhouse.app import Front
from stack.clickhouse.auth import Users, load_users, parse_users
from stack.clickhouse.engine import Engine

log = logging.getLogger("tokpulse.clickhouse")

USERS_VARIABLE = "TOKPULSE_CLICKHOUSE_USERS"
# Running statements get this long to end after SIGTERM.
GRACE_S = 5


def main(argv: list[str] | None = None) -> int:
    """Serve; returns the process's exit code."""
    options = _parse(argv)
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, handlers=[log_handler(sys.stderr, form)])
    try:
        return _serve(options)
    except TokpulseError as error:
        say(f"error: {error}", err=True)
        return 1


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stack.clickhouse", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument("--port", type=int, default=8123, help="0 picks a free one; see --port-file")
    parser.add_argument("--port-file", type=Path, help="file that gets the port once requests are served")
    parser.add_argument("--path", type=Path, required=True, help="data directory")
    parser.add_argument("--users-file", type=Path, help=f"YAML or JSON, mode 0600 (else ${USERS_VARIABLE})")
    parser.add_argument("--tls-certificate", type=Path, help="PEM file: serve HTTPS with this certificate")
    parser.add_argument("--tls-key", type=Path, help="PEM file with its key")
    return parser.parse_args(argv)


def _users(options: argparse.Namespace) -> Users:
    if options.users_file is not None:
        return load_users(options.users_file)
    text = os.environ.pop(USERS_VARIABLE, "")
    if not text:
        raise TokpulseError("no users given", f"use --users-file or {USERS_VARIABLE}")
    return parse_users(text, f"${USERS_VARIABLE}")


def _serve(options: argparse.Namespace) -> int:
    # DateTime without a zone is UTC, wherever the process runs.
    os.environ["TZ"] = "UTC"
    time.tzset()
    users = _users(options)
    listener = _listen(options.host, options.port)
    engine = Engine(options.path)
    engine.report_detached_parts()
    spool = options.path / "front" / "spool"
    spool.mkdir(exist_ok=True)
    front = Front(engine, users, spool)
    config = uvicorn.Config(
        front,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=options.tls_certificate,
        ssl_keyfile=options.tls_key,
    )
    # uvicorn logs request lines and stack traces of its own; the front logs what matters.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    server = _Server(config, options.port_file, listener.getsockname()[1])
    server.run(sockets=[listener])
    log.info("stopping")
    if not front.close(GRACE_S):
        # A statement does not let go. Every acknowledged insert is on disk; leave without it.
        log.warning("statements still run after %d s; leaving without them", GRACE_S)
        logging.shutdown()
        os._exit(0)
    log.info("stopped")
    return 0


class _Server(uvicorn.Server):
    """uvicorn's server, which tells its port once it accepts requests."""

    def __init__(self, config: uvicorn.Config, port_file: Path | None, port: int) -> None:
        super().__init__(config)
        self._port_file = port_file
        self._port = port

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at the end, which would kill the process
        # before the engine is closed.
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._port_file is not None:
            replace_file(self._port_file, f"{self._port}\n")
        log.info("serving on port %d", self._port)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by accepted connections: small answers must not wait for delayed ACKs.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as exc:
        listener.close()
        raise TokpulseError(f"cannot listen on {host}:{port}: {exc.strerror}", "give another --port, or 0") from exc
    return listener


if __name__ == "__main__":
    sys.exit(main())
