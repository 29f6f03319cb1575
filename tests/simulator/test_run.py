"""A whole run into a file: round trip, ground truth, pacing."""

import base64
import json
import time
from pathlib import Path

import pytest

from simulator.delivery import simulate
from simulator.reference.engagement_hourly import engagement_hourly
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.trending_hourly import hour_deltas
from simulator.reference.velocity_30m import velocity_30m
from simulator.run import Pace, run
from simulator.settings import POSTS, USERS, SimulationSettings
from simulator.sinks import JsonlSink
from simulator.universe import build_universe

SETTINGS = SimulationSettings(
    hours=3, creators=8, posts=40, audience=30, duplicates=0.1, out_of_order=0.1, late=0.1, malformed=8, oversize_bytes=2_000
)


def test_a_jsonl_file_holds_the_records_and_their_truth(tmp_path: Path) -> None:
    universe = build_universe(SETTINGS)
    seen: list[float] = []
    truth = run(SETTINGS, universe, JsonlSink(tmp_path / "out.jsonl", SETTINGS), progress=lambda _, done: seen.append(done))
    truth.write(tmp_path / "truth", SETTINGS, universe)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]

    good = [line["value"] for line in lines if line["fate"] != "malformed"]
    assert good == [d.record for d in simulate(SETTINGS) if d.malformed is None]
    bad = [line for line in lines if line["fate"] == "malformed"]
    assert [len(base64.b64decode(line["raw"])) for line in bad if line["malformed"] in ("empty", "oversize")] == [0, 2_000]

    expected = [json.loads(line) for line in (tmp_path / "truth" / "engagement_hourly.jsonl").read_text().splitlines()]
    assert expected == engagement_hourly(line["value"] for line in lines if line["topic"] == POSTS and "value" in line)
    values = {topic: [line["value"] for line in lines if line["topic"] == topic and "value" in line] for topic in (POSTS, USERS)}
    snapshots = FollowerDeltas()
    for value in values[USERS]:
        snapshots.add(value)
    marts = {
        "velocity_30m": velocity_30m(values[POSTS]),
        "hour_deltas": hour_deltas(expected, snapshots),
        "follower_deltas": snapshots.rows(),
    }
    for name, rows in marts.items():
        assert [json.loads(line) for line in (tmp_path / "truth" / f"{name}.jsonl").read_text().splitlines()] == rows != []
    counts = {(v["userid"], v["ingested_at"], v["stats"]["followerCount"]) for v in values[USERS]}
    written = (tmp_path / "truth" / "follower_snapshots.jsonl").read_text().splitlines()
    assert [tuple(json.loads(line).values()) for line in written] == sorted(counts)
    summary = json.loads((tmp_path / "truth" / "summary.json").read_text())
    assert summary["records"] == len(lines) == truth.total
    assert sum(summary["topics"][POSTS].values()) == sum(line["topic"] == POSTS for line in lines)
    assert summary["malformed"] == dict.fromkeys(summary["malformed"], 1)
    assert len((tmp_path / "truth" / "posts.jsonl").read_text().splitlines()) == 40
    assert seen == sorted(seen)


def test_an_interrupted_file_does_not_appear(tmp_path: Path) -> None:
    def stop(records: int, fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(SETTINGS, build_universe(SETTINGS), JsonlSink(tmp_path / "out.jsonl", SETTINGS), progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pace", [Pace(rate=20_000), Pace(speed=3 * 3600 / 0.1)])
def test_pace_bounds_the_speed(pace: Pace, tmp_path: Path) -> None:
    universe = build_universe(SETTINGS)
    began = time.monotonic()
    truth = run(SETTINGS, universe, JsonlSink(tmp_path / "out.jsonl", SETTINGS), pace)
    least = truth.total / 20_000 if pace.rate else 0.09
    assert time.monotonic() - began >= least * 0.9
