"""How dead letters are shown. Their bytes are anybody's: nothing of them reaches a terminal unescaped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from heapq import heappush, heappushpop
from typing import Any

from rich.table import Table

from connectors.console import table_console
from connectors.kafka.dead_letters import DeadLetter
from connectors.terminal import printable, say
from polling.model import FeedKey, Progress
from polling.writing.replay import Outcome, Reader, StillBadError

_HEX_WIDTH = 16
_LISTED_PROBLEMS = 10


def iso(time_ms: int) -> str:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hexdump(data: bytes) -> str:
    """Offset, bytes, and those that are ASCII as text."""
    lines = []
    for start in range(0, len(data), _HEX_WIDTH):
        row = data[start : start + _HEX_WIDTH]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:06x}  {row.hex(' '):<{_HEX_WIDTH * 3 - 1}}  {text}")
    return "\n".join(lines)


def body(letter: DeadLetter, reader: Reader, limit: int) -> tuple[str, str]:
    """(form, text) of a letter's value: the record as JSON when it is one, else a dump; at most about `limit` characters."""
    try:
        form, record = reader.record(letter)
    except StillBadError as error:
        return f"bytes, {error.message}", cut(hexdump(letter.value[:limit]), limit * 5, len(letter.value) > limit)
    text = printable(json.dumps(record, indent=2, ensure_ascii=False, default=str))
    return form, cut(text, limit, False)


def cut(text: str, limit: int, more: bool) -> str:
    """The first `limit` characters; says so when that is not all."""
    if len(text) > limit or more:
        return text[:limit] + "\n... (cut: --bytes shows more)"
    return text


def values(letter: DeadLetter, reader: Reader, limit: int) -> dict[str, Any]:
    """A letter for JSON."""
    form, text = body(letter, reader, limit)
    return {
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "arrived": iso(letter.arrived_ms),
        "key": None if letter.key is None else letter.key.decode("utf-8", "replace"),
        "error": letter.error,
        "headers": {name: value.decode("utf-8", "replace") for name, value in letter.headers.items()},
        "bytes": len(letter.value),
        "form": form,
        "value": text,
    }


def print_letter(letter: DeadLetter, reader: Reader, limit: int) -> None:
    """One letter, for people."""
    form, text = body(letter, reader, limit)
    key = "none" if letter.key is None else _line(letter.key.decode("utf-8", "backslashreplace"))
    say(f"{letter.topic}[{letter.partition}]@{letter.offset}  {iso(letter.arrived_ms)}  key {key}")
    say(f"  error: {_line(letter.error) or 'no header gives the reason'}")
    for name, value in sorted(letter.headers.items()):
        if name != "error":
            say(f"  {_line(name)}: {_line(value.decode('utf-8', 'backslashreplace'))}")
    say(f"  value: {len(letter.value):,} bytes, {_line(form)}")
    say("\n".join(f"    {line}" for line in text.splitlines()) + "\n")


def _line(text: str) -> str:
    return printable(text, lines=False)


def latest(letters: Iterable[DeadLetter], limit: int) -> tuple[list[DeadLetter], int]:
    """The newest `limit` letters, newest last, and how many there are; no more of them are held at a time."""
    total = 0
    newest: list[tuple[tuple[int, int, int], DeadLetter]] = []
    for letter in letters:
        total += 1
        # Places differ, so that letters themselves are never compared.
        entry = ((letter.arrived_ms, letter.partition, letter.offset), letter)
        (heappush if len(newest) < limit else heappushpop)(newest, entry)
    return [letter for _, letter in sorted(newest)], total


def counts(letters: Iterable[DeadLetter]) -> list[dict[str, Any]]:
    """Rows of topic, reason, number, and times of the first and last arrival; most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    times: dict[tuple[str, str], tuple[int, int]] = {}
    for letter in letters:
        place = (letter.topic, letter.reason)
        counts[place] += 1
        first, last = times.get(place, (letter.arrived_ms, letter.arrived_ms))
        times[place] = (min(first, letter.arrived_ms), max(last, letter.arrived_ms))
    return [
        {"topic": topic, "reason": reason, "letters": number, "first": iso(first), "last": iso(last)}
        for (topic, reason), number in counts.most_common()
        for first, last in (times[topic, reason],)
    ]


def print_counts(rows: Sequence[dict[str, Any]]) -> None:
    """A table of `counts`."""
    table = Table("topic", "reason", "first", "last", box=None)
    table.add_column("letters", justify="right")
    for row in rows:
        table.add_row(row["topic"], _line(row["reason"]), row["first"], row["last"], f"{row['letters']:,}")
    table_console().print(table)


def new_fields(progress: Mapping[FeedKey, Progress], since_ms: int) -> list[dict[str, object]]:
    """Rows of what upstreams began to send, by feeds that were read since then; the most frequent first."""
    total: Counter[tuple[str, str, str]] = Counter()
    for key, read in progress.items():
        if read.polled_ms >= since_ms:
            total.update({(key.upstream, key.feed.value, name): number for name, number in read.new_fields.items()})
    return [
        {"upstream": upstream, "feed": feed, "field": name, "items": number}
        for (upstream, feed, name), number in total.most_common()
    ]


def print_new_fields(rows: Sequence[Mapping[str, object]]) -> None:
    """A table of `new_fields`."""
    table = Table("upstream", "feed", "field never seen before", box=None)
    table.add_column("items", justify="right")
    for row in rows:
        table.add_row(*(printable(str(row[name])) for name in ("upstream", "feed", "field")), f"{row['items']:,}")
    table_console().print(table)


def print_outcomes(outcomes: Sequence[Outcome], dry_run: bool) -> None:
    """How many were replayed, and why the others were not."""
    bad = [outcome for outcome in outcomes if outcome.problem is not None]
    verb = "would be replayed" if dry_run else "were replayed"
    say(f"{len(outcomes) - len(bad):,} of {len(outcomes):,} dead letter(s) {verb}; {len(bad):,} are still bad and stay")
    for outcome in bad[:_LISTED_PROBLEMS]:
        say(f"  [{outcome.partition}]@{outcome.offset}: {_line(outcome.problem or '')}")
    if len(bad) > _LISTED_PROBLEMS:
        say(f"  ... and {len(bad) - _LISTED_PROBLEMS:,} more")
