"""The model: who is judged by what, canonical JSON, and which version is in force."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from thresholds.model import (
    FollowerGain,
    Live,
    Momentum,
    Thresholds,
    ThresholdVersion,
    Tier,
    in_force,
    not_replaced,
    version_name,
)

SMALL, MID, BIG = Tier("small", 0, 100, 10.0), Tier("mid", 100, 1000, 20.5), Tier("big", 1000, None, 30.0)
MOMENTUM = Momentum((("small", 1.0), ("mid", 2.5), ("big", 3.0), ("unknown", 4.0)), 3, 6)
THRESHOLDS = Thresholds((SMALL, MID, BIG), 15.0, (FollowerGain(50, 2),), 1000)


def version(sequence: int, effective_from_ms: int) -> ThresholdVersion:
    content_hash = THRESHOLDS.content_hash()
    return ThresholdVersion(version_name(sequence, content_hash), sequence, effective_from_ms, 5, "a", "", content_hash, THRESHOLDS)


@pytest.mark.parametrize(
    ("followers", "judged"),
    [
        (None, ("unknown", 15.0)),
        (-1, ("small", 10.0)),
        (0, ("small", 10.0)),
        (99, ("small", 10.0)),
        (100, ("mid", 20.5)),
        (999, ("mid", 20.5)),
        (1000, ("big", 30.0)),
        (2**63, ("big", 30.0)),
    ],
)
def test_judge(followers: int | None, judged: tuple[str, float]) -> None:
    assert THRESHOLDS.judge(followers) == judged


def test_json_is_canonical_and_comes_back() -> None:
    text = THRESHOLDS.to_json()
    assert "\n" not in text
    assert ": " not in text
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
    assert Thresholds.from_json(text) == THRESHOLDS
    same = replace(THRESHOLDS, unknown_authors=15)
    assert same.to_json() == text
    assert same.content_hash() == THRESHOLDS.content_hash()
    assert replace(THRESHOLDS, unknown_authors=15.5).content_hash() != THRESHOLDS.content_hash()


def test_momentum_comes_back_and_is_left_out_where_there_is_none() -> None:
    moving = replace(THRESHOLDS, momentum=MOMENTUM)
    assert Thresholds.from_json(moving.to_json()) == moving
    assert [MOMENTUM.of(tier) for tier in ("mid", "unknown")] == [2.5, 4.0]
    assert "momentum" not in THRESHOLDS.to_json()
    with pytest.raises(ValueError, match="big"):
        Thresholds.from_json(moving.to_json().replace('"big":3.0,', ""))


@pytest.mark.parametrize(
    "momentum",
    [
        replace(MOMENTUM, plays_per_hour=MOMENTUM.plays_per_hour[1:]),
        replace(MOMENTUM, plays_per_hour=(*MOMENTUM.plays_per_hour[:3], ("unknown", 0.0))),
        replace(MOMENTUM, plays_per_hour=(*MOMENTUM.plays_per_hour[:3], ("unknown", float("inf")))),
        replace(MOMENTUM, least_observations=1),
        replace(MOMENTUM, least_observations=121),
        replace(MOMENTUM, quiet_hours=0),
        replace(MOMENTUM, quiet_hours=169),
    ],
)
def test_an_impossible_momentum_is_refused(momentum: Momentum) -> None:
    with pytest.raises(ValueError, match=r"momentum|plays per hour"):
        replace(THRESHOLDS, momentum=momentum)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"trending": 1}', THRESHOLDS.to_json().replace("20.5", '"x"')])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Thresholds.from_json(text)


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        (MID, BIG),
        (SMALL, MID),
        (SMALL, BIG),
        (SMALL, replace(MID, from_followers=99), BIG),
        (SMALL, replace(MID, name="small"), BIG),
        (SMALL, replace(MID, name="unknown"), BIG),
        (SMALL, replace(MID, plays_per_hour=0.0), BIG),
        (SMALL, replace(MID, plays_per_hour=float("nan")), BIG),
    ],
)
def test_tiers_that_do_not_cover_every_count_once_are_refused(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(ValueError, match=r"tier|plays per hour"):
        replace(THRESHOLDS, tiers=tiers)


@pytest.mark.parametrize("rule", [FollowerGain(0, 1), FollowerGain(1, 0), FollowerGain(1, 169)])
def test_impossible_rules_are_refused(rule: FollowerGain) -> None:
    with pytest.raises(ValueError, match="follower gains"):
        replace(THRESHOLDS, follower_gains=(rule,))


def test_two_rules_of_one_span_are_refused() -> None:
    with pytest.raises(ValueError, match="within_hours"):
        replace(THRESHOLDS, follower_gains=(FollowerGain(1, 2), FollowerGain(2, 2)))


def test_values_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        THRESHOLDS.unknown_authors = 1.0  # type: ignore[misc]


def test_the_newest_begun_version_is_in_force() -> None:
    first, second, same_time = version(1, 0), version(2, 1000), version(3, 1000)
    versions = [same_time, first, second]
    assert in_force(versions, 999) is first
    assert in_force(versions, 1000) is same_time
    with pytest.raises(LookupError, match="-1"):
        in_force(versions, -1)


def test_names() -> None:
    assert version_name(3, "0123456789abcdef") == "v3-01234567"


def test_a_planned_version_is_replaced_by_a_later_one_that_begins_earlier() -> None:
    versions = [version(1, 0), version(2, 2000), version(3, 1000)]
    assert in_force(versions, 5000) is versions[2]
    assert not_replaced(versions) == [versions[0], versions[2]]


BY_TIER = (("small", 1.0), ("mid", 2.5), ("big", 3.0), ("unknown", 4.0))


def test_live_rooms_come_back_and_are_left_out_where_there_are_none() -> None:
    judged = replace(THRESHOLDS, live=Live(BY_TIER, BY_TIER, 30))
    assert Thresholds.from_json(judged.to_json()) == judged
    assert "live" not in json.loads(THRESHOLDS.to_json())


@pytest.mark.parametrize(
    ("live", "says"),
    [
        (Live(BY_TIER[1:], BY_TIER, 30), "live must have viewers for small, mid, big, unknown"),
        (Live(BY_TIER, BY_TIER[:-1], 30), "live must have diamonds per minute for"),
        (Live((*BY_TIER[:-1], ("unknown", 0.0)), BY_TIER, 30), "viewers must be positive"),
        (Live(BY_TIER, BY_TIER, 0), "1 to 1440 quiet minutes"),
    ],
)
def test_live_rooms_that_cannot_be_judged_are_refused(live: Live, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(THRESHOLDS, live=live)
