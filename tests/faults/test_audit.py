"""The audit has power: evidence that is right passes, and whatever is lost, doubled or altered does not."""

from __future__ import annotations

import copy
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import HOUR_MS
from simulator.delivery import simulate
from simulator.plain_versions import always
from simulator.settings import COMMENTS, POSTS, USERS, SimulationSettings
from simulator.universe import build_universe
from simulator.upstream.answers import Served
from simulator.upstream.ledger import Entry, Ledger, read_ledger
from tests.e2e.marts import expected_of
from thresholds.file import SHIPPED_FILE, load_thresholds

from .audit import Evidence, Letter, Question, judge
from .given import Given, digest
from .mutations import MUTATIONS, caught

SETTINGS = SimulationSettings(seed=3, hours=4, posts=8, creators=4, audience=10, duplicates=0.05, comments_per_poll=0.2)
FINAL_MS = SETTINGS.start_ms + 3 * HOUR_MS


def polled(number: int, plays: int) -> Entry:
    """A page with one post."""
    counters = {"play_count": plays, "digg_count": 1}
    return Entry(number, 0, "tikliveapi", "/user-posts/", {}, 200, (), 9, True, (Served(POSTS, "77", counters, 0),))


@pytest.fixture(scope="module")
def right() -> tuple[Evidence, Question]:
    """What a product without a fault leaves of a small universe, two polls and a bad record."""
    given = Given()
    inputs: dict[str, list[tuple[str, dict[str, Any]]]] = {topic: [] for topic in (POSTS, USERS, COMMENTS)}
    digests: Counter[tuple[str, str, str]] = Counter()
    for delivery in simulate(SETTINGS, build_universe(SETTINGS)):
        inputs[delivery.topic].append((delivery.key, delivery.record))
        place = (delivery.topic, delivery.key, digest(repr(delivery.record).encode()))
        given.sent[place] += 1
        digests[place] += 1
    served = [polled(1, 5), polled(2, 8)]
    model = inputs[POSTS][0][1]
    for number, plays in enumerate((5, 8)):
        at_ms = FINAL_MS + number
        inputs[POSTS].append(("77", {**model, "aweme_id": "77", "play_count": plays, "digg_count": 1, "ingested_at": at_ms}))
    given.poison["poison-1"] = b"bad"
    letter = (POSTS, 3, 17)
    versions = [always(load_thresholds(SHIPPED_FILE))]
    want = expected_of({topic: [record for _, record in pairs] for topic, pairs in inputs.items()}, versions)
    counts = {"read": 0, "counted": 0, "late": 0, "beyond_bound": 0, "quarantined": 0, "unaccounted": 0}
    evidence = Evidence(
        inputs=inputs,
        digests=digests,
        poison={"poison-1": letter},
        tables={name: [dict(row) for row in rows] for name, rows in want.rows.items()},
        queue=[Letter(*letter, "poison-1", b"bad")] * 2,
        letters=[Letter(*letter)],
        ledger={POSTS: counts | {"quarantined": 1}, USERS: counts, COMMENTS: counts},
        alerted=set(),
        versions=versions,
    )
    return evidence, Question(given, served, 0, FINAL_MS)


def test_what_is_right_passes(right: tuple[Evidence, Question]) -> None:
    assert judge(*right) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_wrong_is_caught(right: tuple[Evidence, Question], seed: int) -> None:
    found = caught(*right, random.Random(seed))
    assert [control["name"] for control in found if not control["caught"]] == []
    assert len(found) == len(MUTATIONS)


def test_a_poll_that_was_not_written_is_missed_though_a_later_one_was(right: tuple[Evidence, Question]) -> None:
    evidence, asked = right
    changed = copy.deepcopy(evidence)
    changed.inputs[POSTS] = [pair for pair in changed.inputs[POSTS] if (pair[0], pair[1]["play_count"]) != ("77", 5)]
    assert any(line.startswith("poller: ") and "77" in line for line in judge(changed, asked))


def test_a_letter_that_is_lost_or_changed_is_missed(right: tuple[Evidence, Question]) -> None:
    evidence, asked = right
    for queue, letters in (
        ([], evidence.letters),
        (evidence.queue, []),
        ([Letter(POSTS, 3, 17, "poison-1", b"b")], evidence.letters),
    ):
        changed = copy.copy(evidence)
        changed.queue, changed.letters = queue, letters
        assert judge(changed, asked) != []


def test_a_manifest_is_read_back_but_for_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "served.jsonl"
    ledger = Ledger(path, keep=False)
    entries = [polled(1, 5), polled(2, 8)]
    for entry in entries:
        ledger.begin(entry)
        ledger.end(entry)
    assert read_ledger(path) == entries
    with path.open("a", encoding="utf-8") as file:
        file.write(polled(3, 9).as_json()[:-9])
    assert read_ledger(path) == entries
    ledger.close()
