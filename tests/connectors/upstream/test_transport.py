"""One attempt over HTTP, against servers that do what servers do on bad days."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from connectors.upstream.addresses import UpstreamAddressError
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask, Failure, Feed, Page, Refusal
from connectors.upstream.transport import Fetched, Timeouts, Transport, UpstreamKeyRefusedError, new_client

KEY = "s3cret-sentinel"
ASK = Ask(Feed.POSTS, "6800000000000000001")
EMPTY = b'{"videos": [], "hasMore": false}'
Handle = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(handle: Handle) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            handle(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test reads what the client logs."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.block_on_close = False
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}"
        finally:
            running.shutdown()


def sends(status: int, body: bytes, **headers: str) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return handle


def fetch(url: str, timeouts: Timeouts = Timeouts(5, 5, 10), max_body_bytes: int = 1_000_000) -> Fetched:  # noqa: B008 - frozen
    with new_client() as client:
        transport = Transport(UPSTREAMS["tikliveapi"], url, KEY, client, timeouts, max_body_bytes, lambda: 1_764_000_000_123)
        return transport.fetch(ASK)


def refusal(fetched: Fetched) -> Refusal:
    assert isinstance(fetched.result, Refusal)
    assert fetched.result.failure is Failure.RETRY
    assert KEY not in repr(fetched)
    return fetched.result


@pytest.mark.http
def test_a_page() -> None:
    seen: list[tuple[str, str | None]] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.append((request.path, request.headers["X-Api-Key"]))
        sends(200, EMPTY)(request)

    with server(handle) as url:
        fetched = fetch(url + "/v1/")
    assert seen == [("/v1/user-posts/?userid=6800000000000000001&count=35&cursor=0", KEY)]
    assert fetched.result == Page((), None)
    assert fetched.answer is not None
    assert (fetched.answer.status, fetched.answer.body, fetched.answer.received_ms) == (200, EMPTY, 1_764_000_000_123)
    assert fetched.call.endpoint == "/user-posts/"
    assert fetched.elapsed_s > 0


@pytest.mark.http
def test_a_packed_page() -> None:
    with server(sends(200, gzip.compress(EMPTY), Content_Encoding="gzip")) as url:
        fetched = fetch(url)
    assert fetched.result == Page((), None)
    assert fetched.answer is not None
    assert fetched.answer.body == EMPTY


@pytest.mark.http
def test_exactly_one_attempt_and_no_redirect_followed() -> None:
    asked: list[str] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        sends(302, b"", Location="/elsewhere")(request)

    with server(handle) as url:
        assert refusal(fetch(url)).reason == "redirected"
    assert len(asked) == 1


@pytest.mark.http
def test_a_key_that_comes_back_in_a_message_is_not_shown() -> None:
    with server(sends(503, f'{{"message": "no luck with {KEY}"}}'.encode())) as url:
        assert refusal(fetch(url)).message == "no luck with ***"


@pytest.mark.http
@pytest.mark.parametrize("packed", [False, True])
def test_bodies_above_the_limit(packed: bool) -> None:
    body = b" " * 5_000_000
    handle = sends(200, gzip.compress(body), Content_Encoding="gzip") if packed else sends(200, body)
    with server(handle) as url:
        fetched = fetch(url, max_body_bytes=1_000_000)
    assert refusal(fetched).reason == "too_large"
    assert "1,000,000 bytes" in refusal(fetched).message
    assert fetched.answer is None


@pytest.mark.http
@pytest.mark.parametrize(
    ("handle", "reason"),
    [
        (sends(200, gzip.compress(EMPTY * 50)[:-9], Content_Encoding="gzip"), "truncated"),
        (sends(200, EMPTY, Content_Encoding="gzip"), "bad_encoding"),
        (sends(200, EMPTY, Content_Encoding="br"), "bad_encoding"),
        (sends(200, EMPTY[:9], Content_Length="500", Connection="close"), "truncated"),
        (lambda request: request.connection.shutdown(socket.SHUT_RDWR), "protocol"),
        (lambda request: request.wfile.write(b"\x00\x01 not http\r\n\r\n") and None, "protocol"),
    ],
    ids=["gzip-cut", "gzip-not", "brotli", "length", "closed", "noise"],
)
def test_answers_that_are_none(handle: Handle, reason: str) -> None:
    def only_once(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        handle(request)

    with server(only_once) as url:
        fetched = fetch(url)
    assert refusal(fetched).reason == reason
    assert refusal(fetched).code == "none"
    assert fetched.answer is None


@pytest.mark.http
def test_silence_and_drops() -> None:
    done = threading.Event()

    def silent(request: BaseHTTPRequestHandler) -> None:
        done.wait(60)

    def drips(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        while not done.wait(0.02):
            request.wfile.write(b" ")
            request.wfile.flush()

    try:
        with server(silent) as url:
            assert refusal(fetch(url, Timeouts(5, 0.1, 10))).reason == "timeout"
        with server(drips) as url:
            assert refusal(fetch(url, Timeouts(5, 5, 0.1))).reason == "too_slow"
    finally:
        done.set()


@pytest.mark.http
def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert refusal(fetch(f"http://127.0.0.1:{port}")).reason == "connect"


@pytest.mark.http
def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server(sends(200, EMPTY)) as url:
        assert fetch(url).result == Page((), None)


@pytest.mark.http
def test_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with server(sends(401, b'{"message": "A valid API Key is required."}')) as url:
        fetched = fetch(url)
    assert isinstance(fetched.result, Refusal)
    assert fetched.result.failure is Failure.FATAL
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "http://api.tikliveapi.com",
        "ftp://127.0.0.1",
        "http://10.0.0.1",
        "//host",
        "https://",
        "https://h/?k=1",
        "https://h:x",
        "http://0.0.0.0:1",
        "https://user:pw@h",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
    ],
)
def test_addresses_that_the_key_must_not_go_to(url: str) -> None:
    with new_client() as client, pytest.raises(UpstreamAddressError) as caught:
        Transport(UPSTREAMS["tikliveapi"], url, KEY, client)
    assert KEY not in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "url", "base"),
    [
        ("tikliveapi", None, "https://api.tikliveapi.com"),
        ("tikapi", None, "https://api.tikapi.io"),
        ("tikapi", "http://localhost:8/", "http://localhost:8"),
        ("tikapi", "http://[::1]:8", "http://[::1]:8"),
    ],
)
def test_addresses(name: str, url: str | None, base: str) -> None:
    with new_client() as client:
        transport = Transport(UPSTREAMS[name], url, KEY, client)
    assert transport.base_url == base
    assert KEY not in repr(transport)


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel"])
def test_keys_that_are_none(key: str) -> None:
    with new_client() as client, pytest.raises(UpstreamKeyRefusedError) as caught:
        Transport(UPSTREAMS["tikapi"], None, key, client)
    assert not key or key not in str(caught.value)


def test_every_failure_of_the_way_has_a_name() -> None:
    for error in (httpx.PoolTimeout("x"), httpx.ConnectTimeout("x"), httpx.WriteError("x")):

        def fail(request: httpx.Request, error: Exception = error) -> httpx.Response:
            raise error

        with httpx.Client(transport=httpx.MockTransport(fail)) as client:
            fetched = Transport(UPSTREAMS["tikapi"], None, KEY, client).fetch(ASK)
        assert isinstance(fetched.result, Refusal)
        assert fetched.result.reason in ("no_connection_free", "connect_timeout", "network")
