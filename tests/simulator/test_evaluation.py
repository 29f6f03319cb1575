"""How trending is judged against labels, and what the shipped thresholds must reach on universes they were not chosen on."""

import pytest

from connectors.clock import MINUTE_MS
from simulator.evaluation import Tally, evaluate, tally, tier_names
from simulator.lead_time import by_tier, quantile
from simulator.settings import POSTS, USERS, SimulationSettings
from simulator.truth import viral_hours
from simulator.universe import build_universe
from simulator.watched import Watched, watch
from thresholds.file import SHIPPED_FILE, load_thresholds

HELD_OUT = (201, 202, 203)


def universe(seed: int) -> SimulationSettings:
    """The default settings; trending needs no comments. Some authors are unknown, so that this tier is judged too."""
    return SimulationSettings(seed=seed, audience=1, topics=(POSTS, USERS), unknown_authors=0.1)


@pytest.fixture(scope="module")
def held_out() -> list[Watched]:
    thresholds = load_thresholds(SHIPPED_FILE)
    return [watch(universe(seed), thresholds) for seed in HELD_OUT]


def test_hours_are_counted_by_verdict_and_label_in_their_tier_and_in_all() -> None:
    judged = [("a", True, True), ("a", True, True), ("a", True, False), ("a", False, True), ("b", False, False), ("b", False, True)]
    assert tally(judged, ["a", "b", "c", "all"]) == {
        "a": Tally(2, 1, 1, 0),
        "b": Tally(0, 0, 1, 1),
        "c": Tally(),
        "all": Tally(2, 1, 2, 1),
    }


def test_recall_precision_and_f1() -> None:
    measures = Tally(3, 1, 2, 10)
    assert (measures.hours, measures.recall, measures.precision) == (16, 0.6, 0.75)
    assert measures.f1 == pytest.approx(2 * 0.6 * 0.75 / (0.6 + 0.75))
    assert (Tally(0, 0, 4).recall, Tally(0, 0, 4).precision, Tally(0, 0, 4).f1) == (0.0, None, 0.0)
    assert (Tally(0, 0, 0, 9).recall, Tally(0, 0, 0, 9).f1) == (None, None)


def test_every_label_is_counted_or_unseen(held_out: list[Watched]) -> None:
    settings = universe(HELD_OUT[0])
    found = evaluate(held_out[:1], load_thresholds(SHIPPED_FILE))
    labels = sum(len(list(viral_hours(settings, post))) for post in build_universe(settings).posts)
    for tallies in (found.shipped, found.flat):
        assert list(tallies)[-2:] == ["unknown", "all"]
        everything = tallies["all"]
        assert everything.true_positives + everything.false_negatives + found.unseen == labels
        assert everything.hours == sum(counted.hours for tier, counted in tallies.items() if tier != "all")


def test_the_shipped_tiers_at_least_double_the_f1_of_small_creators(held_out: list[Watched]) -> None:
    thresholds = load_thresholds(SHIPPED_FILE)
    found = evaluate(held_out, thresholds)
    smallest = thresholds.tiers[0].name
    shipped, flat = found.shipped[smallest], found.flat[smallest]
    assert shipped.true_positives + shipped.false_negatives >= 50
    assert (shipped.f1 or 0) >= 0.7
    assert (shipped.f1 or 0) >= 2 * (flat.f1 or 0)
    for tier in thresholds.tiers:
        by_tier = found.shipped[tier.name]
        assert min(by_tier.recall or 0, by_tier.precision or 0) >= 0.5


def test_momentum_is_early_and_as_good_as_the_hourly_verdict(held_out: list[Watched]) -> None:
    tiers = tier_names(load_thresholds(SHIPPED_FILE))
    hourly = by_tier(((one.rises, one.hourly, one.days) for one in held_out), tiers)["all"]
    momentum = by_tier(((one.rises, one.momentum, one.days) for one in held_out), tiers)["all"]
    assert momentum.rises >= 100
    assert (momentum.recall or 0) >= (hourly.recall or 1)
    assert (momentum.precision or 0) >= (hourly.precision or 1)
    median, most = (quantile(momentum.after_proof, share) for share in (0.5, 0.9))
    assert median is not None
    assert most is not None
    assert (median <= 12 * MINUTE_MS, most <= 25 * MINUTE_MS) == (True, True)
