"""The file that says which credits of a day may have been spent: append-only, synced before anything is."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.clock import DAY_MS, HOUR_MS
from connectors.errors import TokpulseError
from connectors.files import sync_folder
from polling.schedule.probes import ProbeFile

_KEPT_DAYS = 3


class ReservationError(TokpulseError):
    """The file of a day's credits cannot be read or written: without it nothing is spent."""


class ReservationFile:
    """Reservations of one shard of one upstream: `<folder>/<name>-<UTC day>.credits`, a line `<unix ms> <credits>` for each.

    Locked for each change, so that a poller that takes over a shard and the one that loses it never exceed the budget together.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self.probes = ProbeFile(folder / f"{name}.probe")
        self._read: tuple[Path, int, list[int]] = (Path(), 0, [])  # file, bytes of it that are in the sums, sums

    def beside(self, suffix: str) -> Path:
        """A file of the same shard in the same folder."""
        return self._folder / f"{self._name}{suffix}"

    def part(self, what: str) -> ReservationFile:
        """Reservations of a part of the same credits, in files of their own."""
        return ReservationFile(self._folder, f"{self._name}-{what}")

    def hours(self, now_ms: int) -> list[int]:
        """Credits reserved in each of the 24 hours of the UTC day of `now_ms`."""
        with self._locked(now_ms) as descriptor:
            return self._sums(descriptor, now_ms)

    def reserve(self, now_ms: int, wanted: int, free: Callable[[Sequence[int]], int]) -> tuple[int, list[int]]:
        """Reserves `wanted` credits, at most what `free` says of the hours so far; returns how many, and the hours with them.

        They are on disk when this returns.
        """
        with self._locked(now_ms) as descriptor:
            hours = self._sums(descriptor, now_ms)
            granted = max(0, min(wanted, free(hours)))
            if granted:
                self._append(descriptor, now_ms, granted)
                hours[now_ms % DAY_MS // HOUR_MS] += granted
            return granted, hours

    def reserved_since(self, since_ms: int, now_ms: int) -> int:
        """Credits reserved from `since_ms` on, of the UTC days of both moments; those that were given back are among them."""
        reserved = 0
        for moment in dict.fromkeys((since_ms // DAY_MS * DAY_MS, now_ms // DAY_MS * DAY_MS)):
            if self.path(moment).exists():
                with self._locked(moment) as descriptor:
                    self._sums(descriptor, moment)  # cuts off a torn line, and complains of what is none
                    text = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
                    lines = [line.split() for line in text.splitlines()]
                    reserved += sum(max(0, int(credits)) for at_ms, credits in lines if int(at_ms) >= since_ms)
        return reserved

    def give_back(self, hour_ms: int, credits: int) -> None:
        """Takes back `credits` of the reservations of the hour of `hour_ms`."""
        with self._locked(hour_ms) as descriptor:
            self._sums(descriptor, hour_ms)  # cuts off a torn line
            self._append(descriptor, hour_ms, -credits)

    def path(self, now_ms: int) -> Path:
        """The file of the day of `now_ms`."""
        return self._folder / f"{self._name}-{_day(now_ms)}.credits"

    @contextmanager
    def _locked(self, now_ms: int) -> Iterator[int]:
        path = self.path(now_ms)
        try:
            is_new = not path.exists()
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if is_new:
                    sync_folder(self._folder)
                    self._forget_old(now_ms)
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ReservationError(f"cannot use {path}: {error.strerror}", "check the disk, and the owner of the folder") from error

    def _sums(self, descriptor: int, now_ms: int) -> list[int]:
        path, size = self.path(now_ms), os.fstat(descriptor).st_size
        known, begin, sums = self._read
        if known != path or begin > size:
            begin, sums = 0, [0] * 24
        text = os.pread(descriptor, size - begin, begin)
        whole, newline, torn = text.rpartition(b"\n")
        if torn:
            # Written by a poller that died before its reservation was granted, so before it spent any of it.
            os.ftruncate(descriptor, begin + len(whole) + len(newline))
        hours = list(sums)
        for line in whole.splitlines():
            try:
                at_ms, credits = map(int, line.split())
            except ValueError:
                raise ReservationError(
                    f"{path}: not a reservation: {line[:40]!r}",
                    "restore the file; or delete it, and the credits of this day are counted from zero",
                ) from None
            hours[at_ms % DAY_MS // HOUR_MS] += credits
        self._read = (path, begin + len(whole) + len(newline), hours)
        return list(hours)

    def _append(self, descriptor: int, at_ms: int, credits: int) -> None:
        line = b"%d %d\n" % (at_ms, credits)
        if os.write(descriptor, line) != len(line):
            raise ReservationError(f"{self.path(at_ms)}: only a part of a line was written", "the disk is full")
        os.fsync(descriptor)

    def _forget_old(self, now_ms: int) -> None:
        oldest = self.path(now_ms - _KEPT_DAYS * DAY_MS).name
        for path in self._folder.glob(f"{self._name}-????-??-??.credits"):
            if path.name < oldest:
                path.unlink(missing_ok=True)


def _day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%d")
