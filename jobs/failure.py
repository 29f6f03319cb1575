"""How a job tells the one who submitted it why it did not start: two marked lines among what `flink run` prints."""

from __future__ import annotations

from connectors.errors import TokpulseError
from connectors.terminal import say

ERROR_PREFIX = "tokpulse-error: "
HINT_PREFIX = "tokpulse-hint: "
# What the message of a BrokenStateError says: whoever submits a job again then tries the checkpoint before.
BROKEN = "cannot be restored"


def tell(error: TokpulseError) -> None:
    """Prints `error` on stderr, marked."""
    say(f"{ERROR_PREFIX}{error.message}", err=True)
    if error.hint:
        say(f"{HINT_PREFIX}{error.hint}", err=True)


def reported(lines: list[str]) -> tuple[str, str] | None:
    """(message, hint) of the first error among `lines`, None when no job reported one."""
    messages = [text.removeprefix(ERROR_PREFIX) for text in lines if text.startswith(ERROR_PREFIX)]
    hints = [text.removeprefix(HINT_PREFIX) for text in lines if text.startswith(HINT_PREFIX)]
    return (messages[0], hints[0] if hints else "") if messages else None
