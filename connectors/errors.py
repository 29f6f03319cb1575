"""The base of every error that tokpulse raises on purpose."""

from __future__ import annotations


class TokpulseError(Exception):
    """Something a user can act on.

    `message` says what is wrong, with its coordinates (file, line, topic, partition, offset, ...), on one line; `hint` says
    what to do about it. The command line prints both and exits with 1; it shows a stack trace only with `--debug`.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message
