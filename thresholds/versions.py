"""Published versions of the thresholds: what follows what, and how one is written down. No I/O: see thresholds.publish."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import TokpulseError
from thresholds.model import Thresholds, ThresholdVersion, in_force, version_name

PREVIOUS = "previous"
MAX_TEXT = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# ClickHouse's DateTime64(3) ends here.
_LATEST_MS = int(datetime(2299, 12, 31, tzinfo=UTC).timestamp()) * 1000


class VersionError(TokpulseError):
    """A version that does not exist, or may not follow the ones there are."""


class StaleBaseError(TokpulseError):
    """Somebody has published since the version that a change was made from."""


class VersionRecordError(TokpulseError):
    """A stored version that is not what it says it is."""


def to_record(version: ThresholdVersion) -> dict[str, Any]:
    """Column -> value: the Avro record of the topic and the row of the table, times in UTC."""
    return {
        "version": version.version,
        "sequence": version.sequence,
        "effective_from": at(version.effective_from_ms),
        "published_at": at(version.published_at_ms),
        "author": version.author,
        "comment": version.comment,
        "content_hash": version.content_hash,
        "content": version.thresholds.to_json(),
    }


def from_record(record: Mapping[str, Any]) -> ThresholdVersion:
    """The version of a record or row. Raises VersionRecordError when its content is no thresholds, or not that of its hash."""
    name, content = str(record["version"]), str(record["content"])
    try:
        thresholds = Thresholds.from_json(content)
    except ValueError as error:
        raise VersionRecordError(f"version {name}: {error}", "`tokpulse thresholds apply` publishes the file again") from None
    sequence, content_hash = int(record["sequence"]), str(record["content_hash"])
    # Of the text as it is stored: another release may write the same thresholds in other words.
    if hashlib.sha256(content.encode()).hexdigest() != content_hash or version_name(sequence, content_hash) != name:
        raise VersionRecordError(f"version {name}: its content does not match its hash", "somebody changed it by hand")
    return ThresholdVersion(
        name,
        sequence,
        milliseconds(record["effective_from"]),
        milliseconds(record["published_at"]),
        str(record["author"]),
        str(record["comment"]),
        content_hash,
        thresholds,
    )


def ordered(versions: Iterable[ThresholdVersion]) -> list[ThresholdVersion]:
    """Each version once, oldest first; of two with the same name the later one counts."""
    return sorted({version.version: version for version in versions}.values(), key=lambda version: version.sequence)


def follow(
    known: Sequence[ThresholdVersion],
    thresholds: Thresholds,
    effective_from_ms: int,
    published_at_ms: int,
    author: str,
    comment: str,
) -> ThresholdVersion:
    """The version after the newest of `known`. Raises VersionError as check_effective_from does."""
    check_effective_from(known, effective_from_ms, published_at_ms)
    for what, text in (("author", author), ("comment", comment)):
        if len(text) > MAX_TEXT:
            raise VersionError(f"the {what} has {len(text):,} characters", f"at most {MAX_TEXT:,} are kept")
    sequence = 1 + max((version.sequence for version in known), default=0)
    content_hash = thresholds.content_hash()
    name = version_name(sequence, content_hash)
    return ThresholdVersion(name, sequence, effective_from_ms, published_at_ms, author, comment, content_hash, thresholds)


def check_effective_from(known: Sequence[ThresholdVersion], effective_from_ms: int, now_ms: int) -> None:
    """Raises VersionError unless the time is later than that of the version in force now: what it has judged stays so.

    A version that is only planned may be preceded: it is replaced, and never comes into force.
    """
    if effective_from_ms > _LATEST_MS:
        raise VersionError("effective_from is after the year 2299", "ClickHouse cannot store a later time")
    begun = [version for version in known if version.effective_from_ms <= now_ms]
    last = in_force(begun, now_ms) if begun else None
    if last is not None and effective_from_ms <= last.effective_from_ms:
        raise VersionError(
            f"effective_from {iso(effective_from_ms)} is not after that of the version in force, {last.version}:"
            f" {iso(last.effective_from_ms)}",
            "choose a later time with --effective-from",
        )


def newest(known: Sequence[ThresholdVersion]) -> ThresholdVersion | None:
    """The one published last; None when there is none."""
    return max(known, key=lambda version: version.sequence, default=None)


def current(known: Sequence[ThresholdVersion], at_ms: int) -> ThresholdVersion:
    """The version in force at `at_ms`. Raises VersionError when there is none."""
    try:
        return in_force(known, at_ms)
    except LookupError:
        raise VersionError(
            f"no version of the thresholds is in force at {iso(at_ms)}", "`tokpulse up` or `tokpulse init` publishes the first one"
        ) from None


def find(known: Sequence[ThresholdVersion], text: str) -> ThresholdVersion:
    """The version called `text`: its name, its sequence number (3 or v3), or `previous`, the one before the newest.

    Raises VersionError listing the known ones.
    """
    in_order = ordered(known)
    if text == PREVIOUS and len(in_order) > 1:
        return in_order[-2]
    for version in in_order:
        if text in (version.version, str(version.sequence), f"v{version.sequence}"):
            return version
    names = [version.version for version in in_order]
    shown = ", ".join(names[-20:]) + (f" and {len(names) - 20} older" if len(names) > 20 else "")
    raise VersionError(f"no version {text[:60]!r} of the thresholds", f"known: {shown}" if names else "none is published yet")


def at(time_ms: int) -> datetime:
    """The moment of Unix milliseconds, in UTC."""
    return _EPOCH + timedelta(milliseconds=time_ms)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds of a moment; one without a time zone is UTC, as the ClickHouse client gives it."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def iso(time_ms: int) -> str:
    """`2026-01-05T00:00:00.250Z`; what is beyond the calendar is shown in milliseconds."""
    try:
        text = at(time_ms).isoformat(timespec="milliseconds")
    except OverflowError:
        return f"{time_ms} ms"
    return text.replace("+00:00", "Z").replace(".000Z", "Z")
