"""A TCP proxy before ClickHouse that can be told to misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65_536


class Proxy:
    """Passes on what comes to `port` of the loopback interface to the port that `target` gives, asked for at each connection.

    `delay_s` is waited before each chunk, in both directions. With `drop_replies` nothing that answers an INSERT reaches its
    client, whose connection is reset instead; `dropped` are the first lines of such answers.
    """

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.delay_s = 0.0
        self.drop_replies = False
        self.dropped: list[str] = []
        self.delayed = 0
        self._open: set[_Pair] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def reset_all(self) -> int:
        """Resets every connection that there is; how many."""
        with self._lock:
            pairs = list(self._open)
        for pair in pairs:
            pair.reset()
        return len(pairs)

    def close(self) -> None:
        """Takes no connection any more, and resets those that are open."""
        self._closed.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.reset_all()

    def wait(self) -> None:
        """As long as chunks are to be late."""
        if self.delay_s:
            self.delayed += 1
            self._closed.wait(self.delay_s)

    def forget(self, pair: _Pair) -> None:
        """The pair is closed."""
        with self._lock:
            self._open.discard(pair)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target()), timeout=5)
            except OSError:
                reset(client)
                continue
            server.settimeout(None)
            pair = _Pair(self, client, server)
            with self._lock:
                self._open.add(pair)
            pair.start()


class _Pair:
    """A client's connection and the one to the server that goes with it."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._inserts = False

    def start(self) -> None:
        for pump in (self._ask, self._answer):
            threading.Thread(target=pump, name="proxy pump", daemon=True).start()

    def reset(self) -> None:
        """Ends both, the client's with a RST."""
        reset(self._client)
        reset(self._server)
        self._proxy.forget(self)

    def _ask(self) -> None:
        try:
            while chunk := self._client.recv(_CHUNK):
                self._proxy.wait()
                if chunk.startswith(b"POST "):
                    line = chunk.split(b"\r\n", 1)[0]
                    self._inserts = b"INSERT" in line or b"INSERT" in chunk.partition(b"\r\n\r\n")[2][:200]
                self._server.sendall(chunk)
            self._server.shutdown(socket.SHUT_WR)
        except OSError:
            self.reset()

    def _answer(self) -> None:
        try:
            while chunk := self._server.recv(_CHUNK):
                self._proxy.wait()
                if self._proxy.drop_replies and self._inserts and chunk.startswith(b"HTTP/1.1 "):
                    self._proxy.dropped.append(chunk.split(b"\r\n", 1)[0].decode("latin-1"))
                    self.reset()
                    return
                self._client.sendall(chunk)
            # What the client has not read yet must not be lost to a RST.
            self._client.shutdown(socket.SHUT_WR)
        except OSError:
            self.reset()
        else:
            self._server.close()
            self._proxy.forget(self)


def reset(connection: socket.socket) -> None:
    """Closes with a RST instead of a FIN, and wakes whoever reads from it."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextmanager
def proxying(target: Callable[[], int]) -> Iterator[Proxy]:
    """A running Proxy, closed on leaving."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
