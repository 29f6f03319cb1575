"""How `tokpulse doctor` examines: groups of checks side by side, each bound to a service that answers, and an end in any case."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from cli.doctor_findings import Cause, Finding, Level
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from stack.settings import StackSettings

# With the start of Python, an answer within ten seconds.
DEADLINE_S = 7.5
# Of a request to a service that has just answered.
REQUEST_S = 4.0

FAILED = Cause(
    "check_failed",
    Level.FAIL,
    "doctor",
    "a check could not be made",
    "{check}: {reason}",
    "{hint}",
)
UNFINISHED = Cause(
    "check_slow",
    Level.FAIL,
    "doctor",
    "a service answers, but too slowly for a check",
    "{check}: no result within {seconds:.0f} s, at {at}",
    "the machine or the service is overloaded: see the other lines, then run this again",
)


@dataclass(frozen=True)
class Limits:
    """From where on something is wrong; what a site may want otherwise, `tokpulse doctor` has options for."""

    disk_free_bytes: int = 2 * 2**30
    idle: timedelta = timedelta(hours=1)
    lag: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Examination:
    """What every check may know. `local` says whether the services are those of this machine's stack; `now_s` is Unix seconds.

    `answering` are the services that answered just now: kafka, registry, clickhouse, flink.
    """

    settings: StackSettings
    endpoints: Endpoints
    now_s: float
    limits: Limits = field(default_factory=Limits)
    local: bool = True
    answering: frozenset[str] = frozenset()

    @property
    def now_ms(self) -> int:
        """Unix milliseconds."""
        return int(self.now_s * 1000)


Check = Callable[[Any], Iterator[Finding]]


@dataclass(frozen=True)
class Group:
    """Checks that share what `opened` gives; `needs` is the service without which none of them can be made."""

    name: str
    checks: Sequence[Check]
    needs: str = ""
    opened: Callable[[Examination], AbstractContextManager[Any]] = nullcontext

    def findings(self, examination: Examination, at: Callable[[str], None]) -> Iterator[Finding]:
        """Those of each check; `at` is told which one begins. A check that fails does not keep the others from being made."""
        at("the connection")
        try:
            with self.opened(examination) as patient:
                for check in self.checks:
                    at(check.__name__.replace("_", " "))
                    yield from guarded(self.name, partial(check, patient))
        except TokpulseError as error:
            yield FAILED.found(self.name, reason=error.message, hint=error.hint)


def guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of `check`; an error that it raises becomes a FAIL, so that the checks after it still run."""
    try:
        yield from check()
    except TokpulseError as error:
        yield FAILED.found(name, reason=error.message, hint=error.hint)
    except Exception as error:  # the diagnosis must not end with what it is to diagnose
        reason = f"{type(error).__name__}: {error}"
        yield FAILED.found(name, reason=reason, hint="please report it")


def examine(groups: Sequence[Group], examination: Examination, deadline_s: float = DEADLINE_S) -> Iterator[Finding]:
    """The findings of all groups whose service answers, in their order, each group by a thread of its own.

    What has not ended after `deadline_s` is a finding, too.
    """
    able = [group for group in groups if not group.needs or group.needs in examination.answering]
    running = [_Running(group, examination) for group in able]
    end = time.monotonic() + deadline_s
    for each in running:
        yield from each.until(end, deadline_s)


class _Running:
    """One group at work."""

    def __init__(self, group: Group, examination: Examination) -> None:
        self._group = group
        self._examination = examination
        self._found: queue.SimpleQueue[Finding | None] = queue.SimpleQueue()
        self._at = "the connection"
        # A daemon: what hangs in a library must not keep the command from ending.
        threading.Thread(target=self._run, name=f"doctor-{group.name}", daemon=True).start()

    def _run(self) -> None:
        try:
            for finding in self._group.findings(self._examination, self._note):
                self._found.put(finding)
        except Exception as error:  # of a library, while it opens or closes a connection
            self._found.put(FAILED.found(self._group.name, reason=f"{type(error).__name__}: {error}", hint="please report it"))
        finally:
            self._found.put(None)

    def _note(self, check: str) -> None:
        self._at = check

    def until(self, end: float, seconds: float) -> Iterator[Finding]:
        while True:
            try:
                found = self._found.get(timeout=max(0.001, end - time.monotonic()))
            except queue.Empty:
                yield UNFINISHED.found(self._group.name, seconds=seconds, at=self._at)
                return
            if found is None:
                return
            yield found


def causes_of(groups: Sequence[Group], *modules: Mapping[str, Any]) -> list[Cause]:
    """Every cause that the checks of `groups` can name, in their order, then those of `modules` (their `vars`)."""
    spaces = [vars(sys.modules[check.__module__]) for group in groups for check in group.checks]
    found = [value for space in [*spaces, *modules] for value in space.values() if isinstance(value, Cause)]
    return list(dict.fromkeys(found))
