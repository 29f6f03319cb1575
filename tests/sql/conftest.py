"""One Flink for all tests of SQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sql.local_flink import LocalFlink, prepare, published
from thresholds.model import FollowerGain, Live, Momentum, Thresholds, Tier


def _version(sequence: int, effective_from: str, small: float) -> dict[str, object]:
    thresholds = Thresholds(
        tiers=(Tier("small", 0, 1_000, small), Tier("big", 1_000, None, 5_000)),
        unknown_authors=100,
        follower_gains=(FollowerGain(gained=50, within_hours=2),),
        negative_delta_warning=10,
        live=Live(
            viewers=(("small", 50), ("big", 500), ("unknown", 100)),
            diamonds_per_minute=(("small", 20), ("big", 200), ("unknown", 40)),
            quiet_minutes=10,
        ),
        momentum=Momentum((("small", small), ("big", 5_000), ("unknown", 100)), least_observations=3, quiet_hours=1),
    )
    return {
        "sequence": sequence,
        "effective_from": effective_from,
        "version": f"v{sequence}",
        "content": thresholds.to_json(),
    }


VERSIONS = (_version(1, "1970-01-01 00:00:00.000", 500), _version(2, "2026-01-06 00:00:00.000", 900))


@pytest.fixture(scope="session")
def local_flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFlink]:
    """Starts its JVM with the first question."""
    folder = tmp_path_factory.mktemp("sql")
    with published(VERSIONS) as url:
        prepare(folder / "flink", url)
        yield LocalFlink(folder, url)
