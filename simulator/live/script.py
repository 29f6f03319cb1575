"""What goes wrong at the fake LIVE service, and when: acts, read from YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.clock import SECOND_MS
from connectors.errors import TokpulseError
from connectors.yaml_file import load

SHIPPED: Final = {"quiet": "quiet.yaml", "bad-day": "bad_day.yaml"}

Do = Literal[
    "close",  # with `code`, to the sockets of the creator
    "cut",  # half a frame, then the line breaks
    "silence",  # nothing for `seconds`; after 60 the service closes, unless `code` is 0: a dead line
    "repeat",  # the last `count` frames once more
    "reorder",  # the next `count` frames in the other order
    "unknown",  # an event that nobody knows
    "garbage",  # a message that is no JSON
    "restart",  # the broadcast begins again: another room
    "refuse_requests",  # HTTP 429 for `seconds`
    "expire_tokens",  # JWTs are not valid any more
    "no_credits",  # of captions
    "skew",  # the clock that the service shows is `seconds` off
    "no_sockets",  # HTTP 503 instead of a socket, for `seconds`
]


class LiveScriptError(TokpulseError):
    """A script that is refused: the message is `path:line: key: reason`."""


class Act(BaseModel):
    """At `at` seconds after the start, to `creator` (its number), or to all."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    at: Annotated[int, Field(ge=0)]
    do: Do
    creator: int | None = None
    code: int = 4500
    seconds: Annotated[int, Field(ge=-(10**6), le=10**6)] = 60
    count: Annotated[int, Field(ge=1, le=10_000)] = 10


class LiveScript(BaseModel):
    """A script file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    acts: list[Act] = []

    def between(self, creator: int, after_ms: int, until_ms: int) -> list[Act]:
        """Acts to this creator with after_ms < at <= until_ms, both since the start."""
        return [act for act in self.acts if act.creator in (None, creator) and after_ms < act.at * SECOND_MS <= until_ms]

    def next_after(self, creator: int, after_ms: int) -> int | None:
        """When the next act to this creator is; None where there is none."""
        return min(
            (at for act in self.acts if act.creator in (None, creator) and (at := act.at * SECOND_MS) > after_ms), default=None
        )

    def holds(self, do: Do, now_ms: int) -> Act | None:
        """The act of this kind that lasts at this moment since the start."""
        for act in self.acts:
            if act.do == do and act.at * SECOND_MS <= now_ms < (act.at + abs(act.seconds)) * SECOND_MS:
                return act
        return None

    def happened(self, do: Do, now_ms: int, creator: int | None = None) -> int:
        """How many acts of this kind lie behind this moment."""
        return sum(act.do == do and act.creator in (None, creator) and act.at * SECOND_MS <= now_ms for act in self.acts)

    def last(self, do: Do, now_ms: int) -> int:
        """When the last one of this kind happened, in milliseconds since the start; -1 for never."""
        return max((act.at * SECOND_MS for act in self.acts if act.do == do and act.at * SECOND_MS <= now_ms), default=-1)


def load_live_script(name: str) -> LiveScript:
    """A shipped script by its name, or the one in a file. Raises LiveScriptError."""
    path = Path(__file__).with_name(SHIPPED[name]) if name in SHIPPED else Path(name)
    return load(path, LiveScript, LiveScriptError)
