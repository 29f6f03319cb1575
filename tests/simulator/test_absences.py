"""What is not observed: gaps of posts, creators without snapshots, and plays that upstream takes back."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from simulator.absences import Absences
from simulator.delivery import Delivery, simulate
from simulator.reference.engagement_hourly import EngagementHourly
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.trending_hourly import hour_deltas
from simulator.settings import DEFAULT_VIRAL_FLOOR, POSTS, USERS, SettingsError, SimulationSettings
from simulator.truth import creator_labels, post_labels
from simulator.universe import build_universe

PLAIN = SimulationSettings(hours=28, creators=20, posts=40, audience=10)


def run(**changes: Any) -> list[Delivery]:
    return list(simulate(replace(PLAIN, **changes)))


def deltas(deliveries: list[Delivery]) -> list[dict[str, Any]]:
    posts, snapshots = EngagementHourly(), FollowerDeltas()
    for delivery in deliveries:
        if delivery.topic == POSTS:
            posts.add(delivery.record)
        elif delivery.topic == USERS:
            snapshots.add(delivery.record)
    return hour_deltas(posts.rows(), snapshots)


def test_gaps_take_away_observations_of_some_posts_and_change_nothing_else() -> None:
    plain, gapped = run(), run(gaps=0.25)
    kept = Counter(map(repr, gapped))
    assert kept <= Counter(map(repr, plain))
    settings = replace(PLAIN, gaps=0.25)
    labels = {label["aweme_id"]: label["gaps"] for label in post_labels(settings, build_universe(settings))}
    assert sum(bool(spans) for spans in labels.values()) == 10
    for delivery in plain:
        if delivery.topic == POSTS:
            inside = any(begin <= delivery.due_ms < end for begin, end in labels[delivery.key])
            assert inside != (kept[repr(delivery)] > 0)
    assert {row["gap_hours"] for row in deltas(plain)} == {1}
    assert max(row["gap_hours"] for row in deltas(gapped)) >= 3


def test_unknown_authors_have_no_snapshot_and_stale_ones_only_the_first() -> None:
    plain, absent = run(topics=(POSTS, USERS)), run(topics=(POSTS, USERS), unknown_authors=0.2, stale_authors=0.1)
    settings = replace(PLAIN, unknown_authors=0.2, stale_authors=0.1)
    labels = {label["userid"]: label["snapshots"] for label in creator_labels(settings, build_universe(settings))}
    assert Counter(labels.values()) == {"none": 4, "first": 2, "all": 14}
    seen = Counter(delivery.key for delivery in absent if delivery.topic == USERS)
    before = Counter(delivery.key for delivery in plain if delivery.topic == USERS)
    for userid, snapshots in labels.items():
        assert seen[userid] == {"none": 0, "first": 1, "all": before[userid]}[snapshots]
    assert [d.record for d in absent if d.topic == POSTS] == [d.record for d in plain if d.topic == POSTS]
    assert {row["snapshot_status"] for row in deltas(plain)} == {"fresh"}
    assert {row["snapshot_status"] for row in deltas(absent)} == {"fresh", "stale", "missing"}


def test_corrected_plays_fall_from_one_hour_to_a_later_one() -> None:
    corrected = run(play_corrections=0.3)
    falls = {row["aweme_id"] for row in deltas(corrected) if row["delta_plays"] < 0}
    assert len(falls) >= 5
    unlike = [(a.record, b.record) for a, b in zip(run(), corrected, strict=True) if a.record != b.record]
    assert {name for a, b in unlike for name in a if a[name] != b[name]} == {"play_count"}
    assert all(b["play_count"] < a["play_count"] for a, b in unlike)


def test_vanishing_counts_are_gone_or_all_but_gone_and_return() -> None:
    vanished = run(topics=(POSTS, USERS), vanishing=0.3)
    plain = run(topics=(POSTS, USERS))
    assert [d.record for d in plain if d.topic == POSTS] != [d.record for d in vanished if d.topic == POSTS]
    counts: dict[str, Callable[[Mapping[str, Any]], int]] = {
        POSTS: lambda record: int(record["play_count"]),
        USERS: lambda record: int(record["stats"]["followerCount"]),
    }
    for topic, count in counts.items():
        pairs = [(count(a.record), count(b.record)) for a, b in zip(plain, vanished, strict=True) if a.topic == topic]
        unlike = [(before, after) for before, after in pairs if before != after]
        assert all(after <= before / 2 for before, after in unlike)
        assert 0 < len(unlike) < len(pairs) / 2
        assert {after == 0 for _, after in unlike} == {True, False}
    assert min(row["delta_plays"] for row in deltas(vanished)) < -1_000
    judged = deltas(vanished)
    assert max(row["delta_plays"] for row in judged) <= max(row["delta_plays"] for row in deltas(plain))


def test_a_small_share_is_at_least_one_and_the_kinds_exclude_each_other() -> None:
    tiny = Absences.of(replace(PLAIN, gaps=0.001, unknown_authors=0.001, stale_authors=0.001))
    assert (len(tiny.gaps), len(tiny.unknown), len(tiny.stale)) == (1, 1, 1)
    everybody = Absences.of(replace(PLAIN, unknown_authors=0.35, stale_authors=0.65))
    assert everybody.unknown | everybody.stale == set(range(20))
    with pytest.raises(SettingsError, match="stale_authors"):
        replace(PLAIN, unknown_authors=0.6, stale_authors=0.6)
    assert Absences.of(PLAIN) == Absences({}, frozenset(), frozenset())


def test_the_viral_floor_moves_viral_posts_only() -> None:
    for here, there in zip(build_universe(PLAIN).posts, build_universe(replace(PLAIN, viral_floor=0)).posts, strict=True):
        less = DEFAULT_VIRAL_FLOOR if here.growth.curve == "viral" else 0
        assert replace(here, growth=replace(here.growth, total=here.growth.total - less)) == there
