"""The stack's registry behind TLS, with a user and a password: a front that passes on what comes with both."""

from __future__ import annotations

import base64
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

import httpx

from tests.tls.certificate import Certificate

# The TaskManager of the session's stack is started with these.
USER, PASSWORD = "clerk", "another-long-secret"


@dataclass
class SecureRegistry:
    """`url` without user and password; `answers` counts (method, status)."""

    url: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)


class _Front(BaseHTTPRequestHandler):
    behind: ClassVar[str]
    registry: ClassVar[SecureRegistry]
    expected: ClassVar[str] = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_PUT(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != self.expected:
            self._answer(401, b'{"error_code": 401, "message": "Unauthorized"}')
            return
        kind = self.headers.get("Content-Type", "application/json")
        answer = httpx.request(
            self.command, self.behind + self.path, content=body, headers={"Content-Type": kind}, timeout=30, trust_env=False
        )
        self._answer(answer.status_code, answer.content)

    def _answer(self, status: int, body: bytes) -> None:
        self.registry.answers[self.command, status] += 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def secure_registry(behind: str, certificate: Certificate) -> Iterator[SecureRegistry]:
    """A front of the registry at `behind`."""
    parts = urlsplit(behind)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Front", (_Front,), {"behind": f"{parts.scheme}://{parts.netloc}"}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.pem, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    registry = SecureRegistry(f"https://127.0.0.1:{server.server_address[1]}{parts.path}")
    server.RequestHandlerClass.registry = registry  # type: ignore[attr-defined]  # of the class made above
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
