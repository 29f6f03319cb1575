"""A number of credits per day that is never exceeded, also not by a poller that was killed and started again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from connectors.clock import DAY_MS, HOUR_MS, MINUTE_MS
from polling.credits.reservations import ReservationFile
from polling.schedule.probes import LastProbe

# So much of an hour's credits may be spent before their time: what is due at the full hour need not wait.
LEAD_MS = 10 * MINUTE_MS


class Budget:
    """Credits of the UTC day: reserved in a file before they are spent, and spread over what is left of the day.

    An hour may spend the rest of the day's credits divided by the hours left, and of those what its minutes have earned, so that
    credits which a quiet night did not need are there in the day. With `paced` off only the day's sum counts.

    Credits are reserved in blocks: a crash wastes at most the rest of one and can never exceed the budget. A file and not Kafka:
    one fsync per block against a transaction per block, and it works while Kafka does not. It belongs to one shard of one
    upstream, so it must move with the shard (`--data-dir`) when that goes to another machine.
    """

    def __init__(self, file: ReservationFile, per_day: int, *, paced: bool = True) -> None:
        self._file = file
        self._paced = paced
        self._hour: tuple[int, int] = (-1, -1)  # day and hour of the reserve
        self._reserve = 0
        self._hours: Sequence[int] = ()
        self._hours_day = -1
        self.per_day = per_day

    @property
    def block(self) -> int:
        """Credits in one reservation."""
        return min(500, max(1, self.per_day // 400))

    def take(self, now_ms: int, share: float = 1.0) -> bool:
        """Takes one credit, at `share` of the usual pace; False when there is none for now."""
        self._turn_hour(now_ms)
        if not self._reserve:
            _, hour = _hour_of(now_ms)
            self._reserve, self._hours = self._file.reserve(
                now_ms, self.block, lambda hours: self._free(hours, hour, now_ms, share)
            )
            self._hours_day = now_ms // DAY_MS
        if not self._reserve:
            return False
        self._reserve -= 1
        return True

    def put_back(self) -> None:
        """The credit that was just taken was not spent."""
        self._reserve += 1

    def ready_ms(self, now_ms: int, share: float = 1.0) -> int:
        """When `take` may succeed: now, later in this hour, at the next one."""
        day, hour = _hour_of(now_ms)
        if self._reserve and self._hour == (day, hour):
            return now_ms
        hours = self._known(now_ms)
        if self._free(hours, hour, now_ms, share) > 0:
            return now_ms
        begin = now_ms - now_ms % HOUR_MS
        per_hour = self._allowance(hours, hour) * share
        if self._paced and sum(hours) < self.per_day and per_hour >= hours[hour] + 1:
            return max(now_ms + 1, begin + math.ceil((hours[hour] + 1) / per_hour * HOUR_MS) - LEAD_MS)
        if sum(hours) < self.per_day and self._paced:
            return begin + HOUR_MS
        return (day + 1) * DAY_MS

    def spent(self, now_ms: int) -> int:
        """Credits of today that are spent, or may have been by a poller that was killed."""
        mine = self._reserve if self._hour[0] == now_ms // DAY_MS else 0
        return sum(self._known(now_ms)) - mine

    def begin_probe(self, now_ms: int) -> None:
        """The balance is about to be asked for; on disk when this returns."""
        known = self._file.probes.read()
        self._file.probes.write(replace(known, asked_ms=now_ms) if known else LastProbe(now_ms))

    def note_left(self, left: int, now_ms: int) -> None:
        """The balance is known: `left`."""
        known = self._file.probes.read() or LastProbe(now_ms)
        self._file.probes.write(LastProbe(known.asked_ms, known.asked_ms, left))

    def last_probe(self, now_ms: int) -> LastProbe | None:
        """What is known of the last probe, also of an earlier process.

        `left` is less all that may have been spent since: what was reserved, and the block that was in use then.
        """
        known = self._file.probes.read()
        if known is None or known.left is None:
            return known
        return replace(known, left=known.left - self._file.reserved_since(known.as_of_ms, now_ms) - self.block)

    def close(self) -> None:
        """Gives back what is reserved and not spent."""
        if self._reserve:
            day, hour = self._hour
            self._file.give_back(day * DAY_MS + hour * HOUR_MS, self._reserve)
            self._reserve, self._hours_day = 0, -1

    def _turn_hour(self, now_ms: int) -> None:
        current = _hour_of(now_ms)
        if current != self._hour:
            self.close()
            self._hour = current

    def _known(self, now_ms: int) -> Sequence[int]:
        if self._hours_day != now_ms // DAY_MS:
            self._hours, self._hours_day = self._file.hours(now_ms), now_ms // DAY_MS
        return self._hours

    def _allowance(self, hours: Sequence[int], hour: int) -> int:
        before = sum(hours) - hours[hour]
        return max(0, -(-(self.per_day - before) // (24 - hour)))

    def _free(self, hours: Sequence[int], hour: int, now_ms: int, share: float) -> int:
        """Credits that may be reserved at this moment."""
        rest = self.per_day - sum(hours)
        if not self._paced:
            return rest
        earned = self._allowance(hours, hour) * min(1.0, (now_ms % HOUR_MS + LEAD_MS) / HOUR_MS) * share
        return min(rest, math.floor(earned + 1e-9) - hours[hour])


def _hour_of(now_ms: int) -> tuple[int, int]:
    return now_ms // DAY_MS, now_ms % DAY_MS // HOUR_MS
