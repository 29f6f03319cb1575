"""The ASGI application: authenticate, then run each request in a worker thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from stack.clickhouse import errors, run
from stack.clickhouse.auth import Users
from stack.clickhouse.engine import Engine
from stack.clickhouse.errors import FrontError, from_engine
from stack.clickhouse.guard import Guard
from stack.clickhouse.reply import ClientGone, Headers, Message, Reply, error_messages
from stack.clickhouse.request import Request, build, parse_params
from stack.clickhouse.sessions import Sessions

log = logging.getLogger("tokpulse.clickhouse")

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Statements at work at once. Readers get a part only, so that they never keep inserts waiting.
MAX_WORKERS: Final = 64
MAX_READERS: Final = 32
_CHUNK_BYTES: Final = 1 << 20
# Clients set this to have their abandoned reading statements stopped, as on a server.
CANCEL_SETTING: Final = "cancel_http_readonly_queries_on_client_close"


class Exchange:
    """One request's socket, as the worker thread sees it: blocking calls, no event loop."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._more = True
        self._first = b""
        self.gone = threading.Event()

    async def read_first(self) -> None:
        """Read up to 1 MiB before a worker is taken; most requests are complete by then."""
        self._first = await self._gather()

    async def _gather(self) -> bytes:
        parts, size = [], 0
        while self._more and size < _CHUNK_BYTES:
            message = await self._receive()
            if message["type"] != "http.request":
                self.gone.set()
                raise ClientGone
            self._more = message.get("more_body", False)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def body(self) -> Iterator[bytes]:
        """The request's body in chunks of about 1 MiB; raises ClientGone if it ends early."""
        yield self._first
        self._first = b""
        while self._more:
            yield asyncio.run_coroutine_threadsafe(self._gather(), self._loop).result()

    def send(self, messages: list[Message]) -> None:
        """Send from the worker thread; returns when the socket can take more."""
        if self.gone.is_set():
            raise ClientGone
        asyncio.run_coroutine_threadsafe(self.send_all(messages), self._loop).result()

    async def send_all(self, messages: list[Message]) -> None:
        """Send from the event loop."""
        for message in messages:
            await self._send(message)

    async def watch(self) -> None:
        """Return when the client has gone away while its statement runs.

        A body that is still coming is read by the worker alone, which notices by itself.
        """
        if self._more:
            await asyncio.Event().wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


class Front:
    """The application. `engine` and `users` are ready; call `close` after the last request."""

    def __init__(self, engine: Engine, users: Users, spool_dir: Path) -> None:
        self._engine = engine
        self._users = users
        self._spool_dir = spool_dir
        self._guard = Guard(engine.table_functions)
        self._sessions = Sessions(engine)
        self._workers = ThreadPoolExecutor(MAX_WORKERS, thread_name_prefix="statement")
        self._readers = threading.BoundedSemaphore(MAX_READERS)
        self._running: set[str] = set()
        self._idle = threading.Condition()
        self._base: Headers = [
            (b"x-clickhouse-server-display-name", engine.display_name.encode()),
            (b"x-clickhouse-timezone", engine.timezone.encode()),
        ]

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return
        method, path = scope["method"], scope["path"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        simple = self._answer_simple(method, path, scope["query_string"])
        if simple is not None:
            for message in simple:
                await send(message)
            return
        exchange = Exchange(receive, send)
        try:
            params = parse_params(scope["query_string"])
            user = self._users.identify(headers, params)
            request = build(method, headers, params, user, self._guard)
        except FrontError as error:
            await exchange.send_all(error_messages(error, self._base))
            return
        try:
            await self._serve(request, exchange)
        except ClientGone:
            log.info("query %s: the client closed the connection", request.query_id)

    def _answer_simple(self, method: str, path: str, query: bytes) -> list[Message] | None:
        """Answers that need neither a user nor the engine."""
        if path in ("/ping", "/replicas_status") and method in ("GET", "HEAD"):
            return _text(200, b"Ok.\n", self._base)
        if method == "OPTIONS":
            return _text(204, b"", [*self._base, (b"allow", b"GET, HEAD, POST, OPTIONS")])
        if method not in ("GET", "HEAD", "POST", "PUT"):
            return _text(405, b"Method not allowed\n", [*self._base, (b"allow", b"GET, HEAD, POST, OPTIONS")])
        if path not in ("", "/"):
            return _text(404, b"There is no handle " + path.encode("ascii", "replace")[:200] + b"\n", self._base)
        if method in ("GET", "HEAD") and not query:
            return _text(200, b"Ok.\n", self._base)
        return None

    async def _serve(self, request: Request, exchange: Exchange) -> None:
        await exchange.read_first()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._workers, self._work, request, exchange)
        watcher = loop.create_task(exchange.watch())
        try:
            waited: list[asyncio.Future[Any]] = [work, watcher]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and exchange.gone.is_set() and request.flag(CANCEL_SETTING):
                await loop.run_in_executor(None, self._engine.kill, request.tag)
            messages = await work
        finally:
            watcher.cancel()
        await exchange.send_all(messages)

    def _work(self, request: Request, exchange: Exchange) -> list[Message]:
        """Run one request to its end (in a worker thread); returns the closing messages."""
        reply = Reply(request, self._base, self._spool_dir, exchange.send)
        try:
            return self._run(request, exchange, reply)
        except ClientGone:
            reply.close()
            raise
        except Exception as exc:
            error = from_engine(exc)
            # Never the statement's text: it may hold comments, names, or passwords.
            log.info("query %s of %s failed with code %d", request.query_id, request.user.name, error.code)
            if error.code == errors.STD_EXCEPTION:
                log.exception("query %s met an unknown error", request.query_id)
            return reply.fail(error)
        finally:
            with self._idle:
                self._running.discard(request.tag)
                self._idle.notify_all()

    def _run(self, request: Request, exchange: Exchange, reply: Reply) -> list[Message]:
        with self._idle:
            self._running.add(request.tag)
        statement, data, tables = run.read_statement(request, exchange.body(), self._guard)
        run.check_may_run(request, statement, tables)
        if statement.reads_only and not self._readers.acquire(blocking=False):
            raise FrontError(errors.TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many simultaneous queries: {MAX_READERS} are reading")
        try:
            with self._sessions.lease(
                request.user,
                request.session_id,
                request.session_timeout_s,
                request.flag("session_check"),
                request.database,
                request.settings,
                keeps=statement.verb == "set",
            ) as connection:
                for table in tables:
                    table.load(connection, self._guard)
                summary = run.run(connection, request, statement, data, reply)
            return reply.finish(summary)
        finally:
            if statement.reads_only:
                self._readers.release()
            if request.flag("close_session"):
                self._sessions.end(request.user, request.session_id)

    def close(self, grace_s: float) -> bool:
        """Stop what still runs and close the engine; False if a statement would not end in time."""
        with self._idle:
            running = list(self._running)
        for tag in running:
            self._engine.kill(tag)
        self._workers.shutdown(wait=False, cancel_futures=True)
        with self._idle:
            if not self._idle.wait_for(lambda: not self._running, timeout=grace_s):
                return False
        self._sessions.close()
        self._engine.close()
        return True


def _text(status: int, body: bytes, headers: Headers) -> list[Message]:
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [*headers, (b"content-type", b"text/plain; charset=UTF-8"), *length],
    }
    return [start, {"type": "http.response.body", "body": body, "more_body": False}]
