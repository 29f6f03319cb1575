"""Posts a message and says what the answer means."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Protocol, Self

import httpx

from alerts.message import Message
from alerts.targets import TEAMS, Target

TIMEOUT_S = 10.0
_MAX_ANSWER_BYTES = 2_048
# Connectors of Teams answer 200 and tell the failure in the text.
_TEAMS_FAILURE = re.compile(r"Webhook message delivery failed.*?HTTP error (\d{3})", re.DOTALL)


class RefusedError(Exception):
    """A permanent no. `status` is the HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class TryAgainError(Exception):
    """A failure that may pass. `after` is what Retry-After asks for, in seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Poster(Protocol):
    """Delivers messages to one target."""

    def post(self, message: Message) -> int:
        """The HTTP status (2xx) of an accepted message. Raises RefusedError or TryAgainError."""

    def close(self) -> None:
        """Closes connections."""


class HttpPoster:
    """Posts by HTTP: TLS verified, no redirects, `timeout` seconds for connecting and for each wait for bytes."""

    def __init__(self, target: Target, timeout: float = TIMEOUT_S) -> None:
        # httpx logs addresses, which are secrets here.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._target = target
        self._timeout = timeout
        # A proxy of the machine is used for addresses elsewhere only.
        self._http = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=not target.loopback)

    def post(self, message: Message) -> int:
        """The HTTP status (2xx) of an accepted message. Raises RefusedError or TryAgainError."""
        try:
            with self._http.stream("POST", self._target.url, content=message.body, headers=dict(message.headers)) as response:
                text = self._beginning(response)
        except httpx.TimeoutException:
            raise TryAgainError(f"no answer within {self._timeout:g} s") from None
        except httpx.InvalidURL:
            raise RefusedError(0, "the address cannot be used") from None
        except httpx.HTTPError as error:
            # Its text can hold the address: the class, and whether it is about the certificate, say enough.
            reason = "the certificate is not valid" if "CERTIFICATE_VERIFY_FAILED" in str(error) else type(error).__name__
            raise TryAgainError(f"connection failed ({reason})") from None
        return self._status(response.status_code, response.headers, text)

    def _beginning(self, response: httpx.Response) -> str:
        """The first part of the answer; what is needed of it is short, and a receiver may trickle for ever."""
        deadline, raw = time.monotonic() + self._timeout, b""
        for chunk in response.iter_bytes():
            raw += chunk
            if len(raw) >= _MAX_ANSWER_BYTES or time.monotonic() > deadline:
                break
        return raw[:_MAX_ANSWER_BYTES].decode("utf-8", "replace")

    def _status(self, status: int, headers: Mapping[str, str], text: str) -> int:
        if self._target.format == TEAMS and (failure := _TEAMS_FAILURE.search(text)):
            status = int(failure[1])
        if 200 <= status < 300:
            return status
        reason = f"HTTP {status}{_word(text)}"
        if status in (408, 429) or status >= 500:
            raise TryAgainError(reason, retry_after(headers.get("Retry-After", ""), datetime.now(UTC)))
        raise RefusedError(status, reason)

    def close(self) -> None:
        """Closes connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as an HTTP date; None when it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _word(text: str) -> str:
    """The receiver's reason, when it is a word as Slack's are (`no_service`): longer texts can repeat the address."""
    word = text.strip()
    return f" {word}" if re.fullmatch(r"[a-z_]{1,40}", word) else ""
