"""Versions: numbering, times, look-up, and the record that topic and table hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.registry import SchemaNotFoundError
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.model import FollowerGain, Thresholds, ThresholdVersion, Tier
from thresholds.publish import _times
from thresholds.topic import TOPIC, decode
from thresholds.versions import (
    VersionError,
    VersionRecordError,
    current,
    find,
    follow,
    from_record,
    iso,
    milliseconds,
    newest,
    ordered,
    to_record,
)

BASE = Thresholds((Tier("all", 0, None, 10.0),), 5.0, (FollowerGain(50, 2),), 100)
T0 = 1_767_571_200_000
SCHEMA = load_topics()[TOPIC].schema_text()


def chain(*effective_from_ms: int) -> list[ThresholdVersion]:
    """One version after the other; each asks for one play more."""
    made: list[ThresholdVersion] = []
    for number, effective in enumerate(effective_from_ms):
        made.append(follow(made, replace(BASE, unknown_authors=5.0 + number), effective, T0 + number, "ada", f"change {number}"))
    return made


def value(version: ThresholdVersion, schema_id: int = 7) -> bytes:
    """What the producer writes."""
    record = to_record(version) | _times(version)
    codec = AvroCodec(SCHEMA)
    RecordValidator(codec.declared).check(record)
    return codec.encode(record, header(schema_id))


def test_versions_are_numbered_and_named_by_their_content() -> None:
    first, second = chain(0, T0)
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.version == f"v1-{BASE.content_hash()[:8]}"
    assert newest([second, first]) is second
    assert newest([]) is None


def test_a_gap_in_the_numbers_is_not_filled() -> None:
    versions = chain(0, T0, T0 + 1)
    assert follow([versions[2]], BASE, T0 + 2, T0, "", "").sequence == 4


@pytest.mark.parametrize("effective", [T0, T0 - 1, 0, -1])
def test_a_version_cannot_take_effect_before_the_one_in_force(effective: int) -> None:
    with pytest.raises(VersionError, match=r"is not after that of the version in force, v2-\w{8}: 2026-01-05T00:00:00Z"):
        follow(chain(0, T0), BASE, effective, T0, "", "")


def test_a_planned_version_may_be_preceded() -> None:
    versions = chain(0, T0 + 1000)
    third = follow(versions, BASE, T0 + 1, T0, "", "")
    assert current([*versions, third], T0 + 5000) is third


def test_absurd_times_and_texts_are_refused() -> None:
    with pytest.raises(VersionError, match="2299"):
        follow([], BASE, 10**18, T0, "", "")
    with pytest.raises(VersionError, match="comment"):
        follow([], BASE, 0, T0, "", "x" * 1001)
    with pytest.raises(VersionError, match="author"):
        follow([], BASE, 0, T0, "x" * 1001, "")


def test_find() -> None:
    versions = chain(0, T0, T0 + 1)
    assert find(versions, "1") is find(versions, "v1") is find(versions, versions[0].version) is versions[0]
    assert find(versions, "previous") is versions[1]
    with pytest.raises(VersionError, match="no version 'v9'") as caught:
        find(versions, "v9")
    assert all(version.version in caught.value.hint for version in versions)
    with pytest.raises(VersionError, match="previous"):
        find(versions[:1], "previous")
    with pytest.raises(VersionError) as caught:
        find([], "1")
    assert caught.value.hint == "none is published yet"


def test_the_version_in_force() -> None:
    versions = chain(0, T0)
    assert current(versions, T0 - 1) is versions[0]
    assert current(versions, T0) is versions[1]
    with pytest.raises(VersionError, match="no version"):
        current([], T0)


def test_a_record_comes_back_from_row_and_from_avro() -> None:
    (version,) = chain(T0 + 250)
    assert from_record(to_record(version)) == version
    naive = {key: kept.replace(tzinfo=None) if isinstance(kept, datetime) else kept for key, kept in to_record(version).items()}
    assert from_record(naive) == version
    log = decode(iter([(0, value(version))]), lambda _: SCHEMA)
    assert log.versions == (version,)
    assert log.unreadable == ()


@pytest.mark.parametrize(
    "changed",
    [{"content": "{}"}, {"content": replace(BASE, unknown_authors=6.0).to_json()}, {"sequence": 2}, {"content_hash": "0" * 64}],
)
def test_a_record_that_was_changed_by_hand_is_refused(changed: dict[str, Any]) -> None:
    (version,) = chain(0)
    with pytest.raises(VersionRecordError, match=version.version):
        from_record(to_record(version) | changed)


def test_a_bad_record_of_the_topic_hides_no_other() -> None:
    def schemas(schema_id: int) -> str:
        if schema_id != 7:
            raise SchemaNotFoundError(f"no schema {schema_id}")
        return SCHEMA

    def records() -> Iterator[tuple[int, bytes | None]]:
        first, second = chain(0, T0)
        yield from [
            (0, value(first)),
            (1, None),
            (2, b"\x01nonsense"),
            (3, value(second, 9)),
            (4, value(second)[:-3]),
            (5, value(second)),
        ]
        yield 6, value(first)

    log = decode(records(), schemas)
    assert [version.sequence for version in log.versions] == [1, 2]
    assert [line.split(": ")[0] for line in log.unreadable] == [f"skipped {TOPIC}[0]@{offset}" for offset in (1, 2, 3, 4)]


def test_order_and_repetition() -> None:
    first, second = chain(0, T0)
    assert ordered([second, first, second]) == [first, second]


def test_times() -> None:
    assert iso(T0) == "2026-01-05T00:00:00Z"
    assert iso(T0 + 250) == "2026-01-05T00:00:00.250Z"
    assert iso(10**18) == f"{10**18} ms"
    moment = datetime(2026, 1, 5, 1, 0, 0, 250_999, tzinfo=timezone(timedelta(hours=1)))
    assert milliseconds(moment) == T0 + 250
    assert milliseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1000


def test_the_shipped_file_makes_a_first_version() -> None:
    version = follow([], load_thresholds(SHIPPED_FILE), 0, T0, "tokpulse", "")
    assert from_record(to_record(version)) == version
