"""What each close code of tik.tools means, and what the connector does next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BROKEN: Final = 1006
STREAM_END: Final = 4005
INVALID_AUTH: Final = 4401
NO_PERMISSION: Final = 4403
NOT_LIVE: Final = 4404
TOO_MANY: Final = 4429
MAX_LIFETIME: Final = 4555
# Statuses of HTTP that came instead of a socket and mean what a close code means. The service itself refuses by codes: any other
# status comes from what stands between.
_REFUSED: Final[Mapping[int, int]] = {401: INVALID_AUTH, 429: TOO_MANY}


class Next(StrEnum):
    """What follows a close."""

    RETRY = "retry"  # again, after a back-off
    WAIT = "wait"  # until a live check says that the creator is on air
    FATAL = "fatal"  # this creator is not followed any more
    STOP = "stop"  # nobody can be followed: a human has to correct something
    NONE = "none"  # we closed


@dataclass(frozen=True)
class Close:
    """The end of a connection. `message` is said of the creator, `hint` where somebody can do something about it."""

    code: int | None
    name: str
    next: Next
    message: str
    hint: str = ""
    # Before the next attempt, however few went before.
    least_wait_s: float = 0.0
    # No socket came about: where that goes on, the network may let none through.
    no_socket: bool = False


_CLOSES: Final = (
    Close(1000, "NORMAL", Next.WAIT, "the service closed the connection; the next live check decides"),
    Close(BROKEN, "BROKEN", Next.RETRY, "the line broke without a close code"),
    Close(STREAM_END, "STREAM_END", Next.WAIT, "the broadcast has ended"),
    Close(4006, "NO_MESSAGES_TIMEOUT", Next.RETRY, "nothing came for 60 seconds"),
    Close(
        4400,
        "INVALID_OPTIONS",
        Next.FATAL,
        "the service does not take the parameters of this connection",
        "check the creator's handle on the watchlist",
    ),
    Close(
        INVALID_AUTH,
        "INVALID_AUTH",
        Next.STOP,
        "the service does not take the key",
        "correct TOKPULSE_TIKTOOLS_KEY: the account's page shows the key",
    ),
    Close(
        NO_PERMISSION,
        "NO_PERMISSION",
        Next.FATAL,
        "the token does not allow this creator",
        "check the account's allowed creators",
    ),
    Close(NOT_LIVE, "NOT_LIVE", Next.WAIT, "the creator is not on air"),
    Close(
        TOO_MANY,
        "TOO_MANY_CONNECTIONS",
        Next.RETRY,
        "the key has too many sockets open",
        "another program uses the key, or --sockets is above what the tier allows",
        least_wait_s=60.0,
    ),
    Close(4500, "TIKTOK_CLOSED", Next.RETRY, "TikTok closed its connection to the service"),
    Close(MAX_LIFETIME, "MAX_LIFETIME", Next.RETRY, "the connection reached its longest life"),
    Close(4556, "WEBCAST_FETCH_ERROR", Next.RETRY, "the service could not read the room"),
)
CLOSES: Final[Mapping[int | None, Close]] = {close.code: close for close in _CLOSES}

# Ends without a code of the service.
RENEWED: Final = Close(None, "RENEWED", Next.NONE, "a new connection has taken over")
STOPPED: Final = Close(None, "STOPPED", Next.NONE, "the connector stops")
SILENT: Final = Close(None, "SILENT", Next.RETRY, "the line was silent, and the service did not close it")
NO_SOCKET: Final = Close(None, "NO_SOCKET", Next.RETRY, "no socket could be opened", no_socket=True)
NO_ROOM: Final = Close(None, "NO_ROOM_INFO", Next.RETRY, "no roomInfo came")
RESTARTED: Final = "RESTARTED"
CONTROL_END: Final = "CONTROL_3"


def close_of(code: int | None) -> Close:
    """The meaning of a code. One that nobody knows is tried again, a few times, and named."""
    code = BROKEN if code is None else code
    return CLOSES.get(code) or Close(code, f"CODE_{code}", Next.RETRY, f"close code {code}, which the service does not document")


def refused(status: int) -> Close:
    """The meaning of an HTTP status that came instead of a socket."""
    if status in _REFUSED:
        return close_of(_REFUSED[status])
    return Close(status, f"HTTP_{status}", Next.RETRY, f"no socket: HTTP {status}", no_socket=True)
