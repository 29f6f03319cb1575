"""The range of a backfill: what was asked for, and whether Kafka still has the records for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from connectors.clickhouse.outputs import Backfill
from connectors.clock import HOUR_MS, wall_clock_ms
from connectors.errors import TokpulseError
from connectors.kafka.log import gone_before

_EXAMPLE = "write whole UTC hours: --from 2026-11-01 --to 2026-11-08, or 2026-11-01T06:00"
# As long ago may be the hour or snapshot that one is compared with: `Forgetting.REACH` of the Java functions.
LOOK_BACK = timedelta(days=31)


class BackfillError(TokpulseError):
    """A range that is none, or whose records are gone; the message says which, in one line."""


def asked(begin: str | None, end: str | None, *, restate: bool = False, now_ms: int | None = None) -> Backfill | None:
    """The backfill from `begin` to `end`, None when neither is given. Raises BackfillError."""
    if not begin and not end:
        if restate:
            raise BackfillError("--restate is of a backfill, and there is no --from and --to", _EXAMPLE)
        return None
    if not begin or not end:
        raise BackfillError(f"{'--to' if begin else '--from'} is missing: a backfill has a begin and an end", _EXAMPLE)
    first, last = _hour("--from", begin), _hour("--to", end)
    if last <= first:
        what = "is empty" if last == first else "ends before it begins"
        raise BackfillError(f"the range {what}: --from {told(first)} --to {told(last)}", "--to is the end, and no part of it")
    now = wall_clock_ms() if now_ms is None else now_ms
    if last > now:
        raise BackfillError(f"--to {told(last)} is in the future", f"hours up to {told(now // HOUR_MS * HOUR_MS)} are over")
    return Backfill(first, last, restate)


def _hour(option: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BackfillError(f"{option}: {text!r} is not a time", _EXAMPLE) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if moment.astimezone(UTC) != moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0):
        raise BackfillError(f"{option}: {text!r} is within an hour, of which rows would know one part only", _EXAMPLE)
    return int(moment.timestamp()) * 1000


def told(moment_ms: int) -> str:
    """A UTC time as `--from` takes it, to the minute."""
    return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%Y-%m-%dT%H:%M}"


def check_held(servers: str, topics: Iterable[str], backfill: Backfill) -> Iterator[str]:
    """Warnings of what the rows may be compared with and is gone.

    Raises BackfillError when records of the range are gone, and LogReadError.
    """
    for topic in topics:
        begins_ms = max(gone_before(servers, topic).values(), default=0)
        if begins_ms > backfill.begin_ms:
            # The hour in which it begins is there in part.
            whole = -(-begins_ms // HOUR_MS) * HOUR_MS
            hint = f"--from {told(whole)}" if whole < backfill.end_ms else "no record of the range is left"
            raise BackfillError(
                f"{topic} has all its records only since {told(begins_ms)} UTC: those from {told(backfill.begin_ms)} on are gone",
                hint,
            )
        if begins_ms > backfill.begin_ms - LOOK_BACK / timedelta(milliseconds=1):
            restated = "; with --restate they take the place of rows that knew it" if backfill.restate else ""
            yield f"{topic} has all its records only since {told(begins_ms)} UTC: rows know nothing of before{restated}"
