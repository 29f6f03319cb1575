"""One attempt at one page over HTTP. Whoever calls decides about the next one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from connectors.upstream.addresses import UpstreamAddressError, base_url_of
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask, Call, Failure, Page, Refusal, Upstream
from connectors.upstream.receiving import ENCODINGS, ReceivingError, receive

MAX_BODY_BYTES = 32 * 2**20
_LONGEST_MESSAGE = 300


class UpstreamKeyRefusedError(TokpulseError):
    """A key that cannot be a header's value. The message does not show it."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `read_s` is the longest silence; `total_s` ends a body that comes in drops, at the first one after it."""

    connect_s: float = 15.0
    read_s: float = 15.0
    total_s: float = 60.0


@dataclass(frozen=True)
class Fetched:
    """One attempt. `answer` is None when no whole answer came; `elapsed_s` is from the request to the last byte."""

    call: Call
    answer: Answer | None
    result: Page | Refusal
    elapsed_s: float


def new_client(proxy: str | None = None, connections: int = 32) -> httpx.Client:
    """A client for transports, to be closed by the caller. Thread-safe.

    Proxies come from `proxy` only. Variables like HTTPS_PROXY are set for other programs; here they would decide who gets to see
    what is polled, and plain http to this machine would carry the key to a stranger. The same holds for ~/.netrc.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.Client(trust_env=False, proxy=proxy, limits=limits, follow_redirects=False)


@dataclass(frozen=True)
class Transport:
    """Fetches pages of `upstream`. `base_url` None is the service's own address. Thread-safe as far as `client` is.

    Raises UpstreamAddressError for an address that the key must not go to, UpstreamKeyRefusedError for a key that is none.
    """

    upstream: Upstream
    base_url: str | None
    key: str = field(repr=False)
    client: httpx.Client = field(repr=False)
    timeouts: Timeouts = Timeouts()
    max_body_bytes: int = MAX_BODY_BYTES
    clock_ms: Callable[[], int] = wall_clock_ms

    def __post_init__(self) -> None:
        name = self.upstream.name
        if self.base_url is None and name not in UPSTREAMS:
            raise UpstreamAddressError(f"base URL of {name}: none is given, and none is known", f"known: {', '.join(UPSTREAMS)}")
        object.__setattr__(
            self, "base_url", base_url_of(name, UPSTREAMS[name].base_url if self.base_url is None else self.base_url)
        )
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise UpstreamKeyRefusedError(
                f"the key of {name} is empty, or not one printable word", "copy it from the account's page"
            )

    def fetch(self, ask: Ask) -> Fetched:
        """Exactly one request. Nothing that a server or a network does is raised; ValueError for a feed the upstream lacks."""
        call = self.upstream.call(ask)
        begun = time.monotonic()
        try:
            answer = self._answer(call, begun + self.timeouts.total_s)
        except (httpx.HTTPError, httpx.InvalidURL, ReceivingError, OSError) as error:
            reason = error.reason if isinstance(error, ReceivingError) else reason_of(error)
            message = self._clean(f"{type(error).__name__}: {error}")
            return Fetched(call, None, Refusal(Failure.RETRY, "none", reason, message), time.monotonic() - begun)
        elapsed_s = time.monotonic() - begun
        result = self.upstream.read(ask, answer)
        if isinstance(result, Refusal):
            # A service may repeat in its message what it was given.
            cleaned = self._clean(result.message)
            result = Refusal(result.failure, result.code, result.reason, cleaned, result.retry_after_s)
        return Fetched(call, answer, result, elapsed_s)

    def _answer(self, call: Call, deadline: float) -> Answer:
        times = self.timeouts
        request = self.client.build_request(
            "GET",
            f"{self.base_url}{call.path}",
            params=dict(call.params),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": ENCODINGS,
                "User-Agent": "tokpulse",
                **self.upstream.authorization(self.key),
            },
            timeout=httpx.Timeout(times.read_s, connect=times.connect_s, pool=times.total_s),
        )
        # A redirect would take the key along: it is an answer like any other.
        response = self.client.send(request, stream=True, follow_redirects=False)
        try:
            body = receive(response, self.max_body_bytes, lambda: time.monotonic() > deadline)
        finally:
            response.close()
        return Answer(response.status_code, dict(response.headers), body, self.clock_ms())

    def _clean(self, text: str) -> str:
        for secret in {self.key, *self.upstream.authorization(self.key).values()}:
            text = text.replace(secret, "***") if secret else text
        return text[:_LONGEST_MESSAGE]


def reason_of(error: Exception) -> str:
    """The stable name of what went wrong on the way."""
    if isinstance(error, httpx.PoolTimeout):
        return "no_connection_free"
    if isinstance(error, httpx.ConnectTimeout):
        return "connect_timeout"
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.ConnectError):
        return "connect"
    if isinstance(error, httpx.RemoteProtocolError):
        return "truncated" if "complete message body" in str(error) or "incomplete chunked" in str(error) else "protocol"
    return "network"
