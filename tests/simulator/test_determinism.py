"""The same settings give byte-identical records on any machine: the constants here were computed once."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from simulator.bulk import BulkSettings, BulkTemplates, batches, encode_batch
from simulator.delivery import simulate
from simulator.dice import Dice
from simulator.malformed import MalformedEncoder
from simulator.settings import SimulationSettings
from simulator.sinks import NOMINAL_IDS, jsonl_line

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = SimulationSettings(
    seed=7,
    hours=3,
    creators=12,
    posts=60,
    audience=80,
    duplicates=0.05,
    out_of_order=0.1,
    late=0.05,
    clock_skew_ms=30_000,
    malformed=16,
    oversize_bytes=20_000,
)
FIRST_2000 = "51bc5e8a031c377d045f2bdb43d0cf1562cfe0eeea9a8de69a236df7764dbefd"
BULK_10_MINUTES = "dbb25c11a355b849f968157baa8e92e09dd0a1e62213488aef6bea21b529e728"


def digest(settings: SimulationSettings, count: int = 2_000) -> str:
    malformed = MalformedEncoder(*NOMINAL_IDS, oversize_bytes=settings.oversize_bytes)
    sha = hashlib.sha256()
    for delivery in islice(simulate(settings), count):
        sha.update(jsonl_line(delivery, malformed).encode())
    return sha.hexdigest()


def bulk_digest() -> str:
    settings = BulkSettings(posts=500, creators=20, hours=1)
    templates = BulkTemplates.build(settings, b"\x00\x00\x00\x00\x01")
    sha = hashlib.sha256()
    for batch in islice(batches(settings, templates), 10):
        for message in encode_batch(batch, templates):
            sha.update(bytes(message["value"]))  # type: ignore[arg-type]
    return sha.hexdigest()


def test_first_records_of_seed_7_never_change() -> None:
    assert digest(SETTINGS) == FIRST_2000


def test_bulk_records_of_seed_7_never_change() -> None:
    assert bulk_digest() == BULK_10_MINUTES


def test_string_hashing_has_no_influence() -> None:
    code = "from tests.simulator.test_determinism import SETTINGS, digest; print(digest(SETTINGS))"
    for hash_seed in ("0", "12345"):
        environment = {"PYTHONHASHSEED": hash_seed}
        done = subprocess.check_output([sys.executable, "-c", code], env=environment, cwd=REPOSITORY, text=True)
        assert done.strip() == FIRST_2000


@pytest.mark.parametrize("change", [{"seed": 8}, {"hours": 4}, {"posts": 61}])
def test_other_settings_give_other_records(change: dict[str, int]) -> None:
    assert digest(replace(SETTINGS, **change)) != FIRST_2000  # type: ignore[arg-type]


def test_dice_streams_are_independent_and_in_range() -> None:
    assert [Dice(1, "a", 0).bits() for _ in range(2)] == [Dice(1, "a", 0).bits()] * 2
    assert len({Dice(seed, purpose, index).bits() for seed in range(3) for purpose in "ab" for index in range(50)}) == 300
    dice = Dice(1, "range")
    drawn = [dice.below(6) for _ in range(6_000)]
    assert set(drawn) == set(range(6))
    assert all(900 < drawn.count(face) < 1_100 for face in range(6))
    logs = [dice.log_between(1_000, 10_000) for _ in range(2_000)]
    assert min(logs) >= 1_000
    assert max(logs) <= 10_000
