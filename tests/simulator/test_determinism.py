"""The same settings give byte-identical records on any machine: the constants here were computed once."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from connectors.kafka.avro import AvroCodec, header, split
from connectors.kafka.topics import load_topics
from simulator.bulk import BulkSettings, BulkTemplates, batches, encode_batch
from simulator.delivery import simulate
from simulator.dice import Dice
from simulator.malformed import MalformedEncoder
from simulator.settings import POSTS, SimulationSettings
from simulator.sinks import NOMINAL_IDS, jsonl_line
from tests.laws.test_schemas import CONTRACT

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
FIRST_2000 = "d07fbec2b2bd251d31200a73f0ae2093838a06f501f8dbd866c8968c99210f7f"
BULK_10_MINUTES = "cf8162c66e9afdf940479d9b84146739a2b524f99147b0046b8f7f99bd97c929"


def simulated(settings: SimulationSettings) -> Iterator[str]:
    """The first lines, each byte of them."""
    malformed = MalformedEncoder(*NOMINAL_IDS, oversize_bytes=settings.oversize_bytes)
    return (jsonl_line(delivery, malformed) for delivery in islice(simulate(settings), 2_000))


def of_the_contract(line: str) -> str:
    """`line` without fields that have come after the contract, which change no other, and without bytes that hold them."""
    whole = json.loads(line)
    whole.pop("raw", None)
    if "value" in whole:
        whole["value"] = {name: whole["value"][name] for name in CONTRACT[whole["topic"]][1].split()}
    return json.dumps(whole)


def bulk() -> Iterator[str]:
    settings = BulkSettings(posts=500, creators=20, hours=1)
    templates, codec = BulkTemplates.build(settings, header(1)), AvroCodec(load_topics()[POSTS].schema_text())
    for batch in islice(batches(settings, templates), 10):
        for message in encode_batch(batch, templates):
            yield json.dumps({"topic": POSTS, "value": codec.decode(split(bytes(message["value"]))[1])})  # type: ignore[arg-type]


def digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def test_first_records_of_seed_7_never_change() -> None:
    assert digest(map(of_the_contract, simulated(SETTINGS))) == FIRST_2000


def test_bulk_records_of_seed_7_never_change() -> None:
    assert digest(map(of_the_contract, bulk())) == BULK_10_MINUTES


def test_string_hashing_has_no_influence() -> None:
    code = "from tests.simulator.test_determinism import SETTINGS, digest, simulated; print(digest(simulated(SETTINGS)))"
    here = digest(simulated(SETTINGS))
    for hash_seed in ("0", "12345"):
        environment = {"PYTHONHASHSEED": hash_seed}
        done = subprocess.check_output([sys.executable, "-c", code], env=environment, cwd=REPOSITORY, text=True)
        assert done.strip() == here


@pytest.mark.parametrize("change", [{"seed": 8}, {"hours": 4}, {"posts": 61}])
def test_other_settings_give_other_records(change: dict[str, int]) -> None:
    changed = replace(SETTINGS, **change)  # type: ignore[arg-type]
    assert digest(map(of_the_contract, simulated(changed))) != FIRST_2000


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
