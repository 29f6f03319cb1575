"""`tokpulse down`."""

from __future__ import annotations

from connectors.terminal import say
from stack.lifecycle import down
from stack.report import Report
from stack.settings import StackSettings


def command() -> None:
    """Stop the local stack; its data stays.

    Processes that a crash has left behind are stopped too. Topics, schemas, tables and checkpoints stay.
    """
    with Report() as report, report.step("stack", "stopping", "stopped"):
        stopped = down(StackSettings.load())
    say("stopped: " + ", ".join(stopped) if stopped else "nothing was running")
