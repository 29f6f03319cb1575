"""What a running task knows of the published thresholds, and when it asks again."""

from __future__ import annotations

import pytest

from connectors.errors import TokpulseError
from jobs.known_versions import REFRESH_S, KnownVersions, NoThresholdsError
from udfs.thresholds import Thresholds, ThresholdVersion, Tier


def version(sequence: int, effective_from_ms: int) -> ThresholdVersion:
    thresholds = Thresholds((Tier("all", 0, None, 10.0 * sequence),), 1.0, (), 1)
    return ThresholdVersion(f"v{sequence}", sequence, effective_from_ms, 0, "", "", "", thresholds)


class Table:
    """Versions that can be fetched, unless it is away."""

    def __init__(self, *versions: ThresholdVersion) -> None:
        self.versions, self.asked, self.away = list(versions), 0, False

    def fetch(self) -> list[ThresholdVersion]:
        self.asked += 1
        if self.away:
            raise TokpulseError("away")
        return list(self.versions)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def wall_ms(self) -> float:
        return self.seconds * 1000


def known(table: Table, clock: Clock) -> KnownVersions:
    return KnownVersions(table.fetch, clock.monotonic, clock.wall_ms, retry_s=0.0)


def test_a_version_published_meanwhile_is_known_after_the_interval() -> None:
    table, clock = Table(version(1, 0)), Clock()
    versions = known(table, clock)
    versions.refresh(5_000)
    table.versions.append(version(2, 4_000))
    versions.refresh(5_000)
    assert versions.in_force(5_000).version == "v1"
    assert table.asked == 1
    clock.seconds += REFRESH_S
    versions.refresh(5_000)
    assert versions.in_force(5_000).version == "v2"
    assert versions.in_force(3_999).version == "v1"


def test_without_an_answer_what_is_known_serves_for_earlier_times_only() -> None:
    table, clock = Table(version(1, 0)), Clock()
    versions = known(table, clock)
    versions.refresh(0)
    known_until_ms = int(clock.wall_ms())
    table.away = True
    clock.seconds += 60
    versions.refresh(known_until_ms - 1)
    assert versions.in_force(known_until_ms - 1).version == "v1"
    with pytest.raises(TokpulseError, match="away"):
        versions.refresh(known_until_ms)


def test_an_answer_that_lacks_a_known_version_takes_nothing_away() -> None:
    table, clock = Table(version(1, 0), version(2, 100)), Clock()
    versions = known(table, clock)
    versions.refresh(200)
    del table.versions[1]
    clock.seconds += REFRESH_S
    versions.refresh(200)
    assert versions.in_force(200).version == "v2"


def test_the_first_answer_is_waited_for() -> None:
    table = Table(version(1, 0))
    table.away = True
    with pytest.raises(TokpulseError, match="away"):
        known(table, Clock()).refresh(0)


def test_a_time_before_the_first_version_is_an_error() -> None:
    versions = known(Table(version(1, 500)), Clock())
    versions.refresh(0)
    with pytest.raises(NoThresholdsError, match="499") as raised:
        versions.in_force(499)
    assert "tokpulse init" in raised.value.hint
