"""Alerts over many thresholds are those of the reference, and the choice among them is made where nobody judges."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.lead_time import Alert, Measures, Rise
from simulator.momentum_rates import Rates
from simulator.plain_versions import always
from simulator.proposal import GRID, TUNING, Point, choose, curve, judging_seeds, propose, tuning_seeds
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.momentum import MomentumRates, Rate, momentum_alerts
from simulator.settings import POSTS, USERS, SimulationSettings
from simulator.watched import Watched, watch
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.model import Momentum

SHIPPED = load_thresholds(SHIPPED_FILE)
assert SHIPPED.momentum is not None
RULE = SHIPPED.momentum
RATES = dict(RULE.plays_per_hour)
FOLLOWERS = {"a": 500, "b": 50_000, "c": 5_000_000}
TIERS = {"a": "small", "b": "mid", "c": "big", "d": "unknown"}

# Minutes since the last observation, and plays gained in them.
steps = st.lists(st.tuples(st.integers(1, 45), st.sampled_from([0, 300, 3_000, 60_000, 2_000_000])), max_size=30)


def rates_of(series: Mapping[str, list[tuple[int, int]]]) -> list[Rate]:
    """What the reference makes of a post per author, of the same name."""
    momentum = MomentumRates()
    for author, moves in series.items():
        at_ms = plays = 0
        for wait, gained in moves:
            at_ms, plays = at_ms + wait * MINUTE_MS, plays + gained
            record = {"aweme_id": author, "author_id": author, "ingested_at": at_ms, "play_count": plays, "create_time": 0}
            momentum.add(record)
    return momentum.rates()


def arrays(rates: list[Rate]) -> Rates:
    numbers = {author: number for number, author in enumerate("abcd")}
    return Rates.of(rates, numbers, lambda rate: TIERS[rate.author_id], list(RATES))


@given(st.fixed_dictionaries(dict.fromkeys("abcd", steps)), st.integers(2, 6), st.integers(1, 8))
def test_alerts_are_those_of_the_reference(series: dict[str, list[tuple[int, int]]], least: int, quiet_hours: int) -> None:
    snapshots = FollowerDeltas()
    for author, count in FOLLOWERS.items():
        snapshots.add({"userid": author, "stats": {"followerCount": count}, "ingested_at": -HOUR_MS})
    rule = Momentum(RULE.plays_per_hour, least, quiet_hours)
    rates = rates_of(series)
    expected = momentum_alerts(rates, snapshots, [always(replace(SHIPPED, momentum=rule))])
    assert arrays(rates).alerts(RATES, least, quiet_hours * HOUR_MS) == [
        Alert("abcd".index(row["aweme_id"]), row["tier"], row["observed_at"]) for row in expected
    ]


@given(st.fixed_dictionaries(dict.fromkeys("abcd", steps)))
def test_a_higher_threshold_alerts_of_less_and_later(series: dict[str, list[tuple[int, int]]]) -> None:
    """Without quiet time, which may let a later alert through where it stops an earlier one."""
    rates = arrays(rates_of(series)).of_tier("small")
    by_threshold = [rates.alerts({"small": threshold}, 2, 0) for threshold in GRID]
    for lower, higher in pairwise(by_threshold):
        assert set(higher) <= set(lower)
        assert not higher or min(alert.at_ms for alert in higher) >= min(alert.at_ms for alert in lower)


@given(st.fixed_dictionaries(dict.fromkeys("abcd", steps)), st.integers(1, 6))
def test_a_quiet_time_lies_between_two_alerts_of_a_post(series: dict[str, list[tuple[int, int]]], quiet_hours: int) -> None:
    rates = arrays(rates_of(series))
    everything = rates.alerts(RATES, 2, 0)
    kept = rates.alerts(RATES, 2, quiet_hours * HOUR_MS)
    assert {alert.post for alert in kept} == {alert.post for alert in everything}
    for one, next_one in pairwise(kept):
        assert one.post != next_one.post or next_one.at_ms - one.at_ms >= quiet_hours * HOUR_MS


def watched(rises: dict[int, Rise], hourly: list[Alert], rates: Rates) -> Watched:
    return Watched([], 0, rises, hourly, [], rates, 1.0, 0)


def point(rate: float, late: list[int], alerts: int, right: int) -> Point:
    """Of ten rises; those found, by minutes after the proof."""
    return Point(rate, measures(late, alerts, right))


def measures(late: list[int], alerts: int, right: int) -> Measures:
    after_proof = tuple(sorted(minutes * MINUTE_MS for minutes in late))
    return Measures(10, alerts, right, 0, 1.0, after_proof, after_proof)


def test_of_what_is_as_good_as_the_hourly_verdict_the_threshold_that_finds_most_in_time_is_chosen() -> None:
    hourly = measures([60] * 8, 20, 16)
    imprecise = point(100, [0] * 10, 100, 70)
    early = point(200, [0] * 7 + [25], 30, 24)
    as_early = point(300, [20] * 8 + [26], 25, 22)
    late = point(400, [20] * 7 + [26], 20, 19)
    blind = point(500, [20] * 7, 10, 10)
    assert choose(hourly, [imprecise, early, as_early, late, blind]) == as_early
    assert choose(hourly, [imprecise, early, late, blind]) == early
    assert choose(hourly, [imprecise, late, blind]) == late
    # None is as good: the best F1 is 2 * 0.7 / 1.7 for both, so the higher one.
    assert choose(hourly, [imprecise, blind]) == blind
    assert choose(hourly, [point(1, [], 5, 0)]) is None


def test_a_curve_by_hand() -> None:
    """Post 0 gains 12,000 plays per hour from minute 60 on, post 1 gains 3,000 all the time and is not viral."""
    momentum = MomentumRates()
    for minute in range(0, 181, 10):
        for name, plays in (("a", max(0, minute - 60) * 200 + 500), ("b", minute * 50 + 500)):
            record = {"aweme_id": name, "author_id": name, "ingested_at": minute * MINUTE_MS, "play_count": plays}
            momentum.add(record | {"create_time": 0})
    rates = Rates.of(momentum.rates(), {"a": 0, "b": 1}, lambda rate: "small", list(RATES))
    rises = {0: Rise(0, 60 * MINUTE_MS, 180 * MINUTE_MS, 100 * MINUTE_MS, "small")}
    universe = watched(rises, [Alert(0, "small", 120 * MINUTE_MS)], rates)
    rule = Momentum(RULE.plays_per_hour, 3, 6)
    low, middle, high = curve([universe], "small", rule, [3_000.0, 8_000.0, 12_001.0])
    # The first base is 30 minutes old: at minute 80 post 0 has gained 4,000 in 30 min, at minute 90 6,000.
    assert middle.measures == Measures(1, 1, 1, 0, 1.0, (20 * MINUTE_MS,), (-20 * MINUTE_MS,))
    assert low.measures == Measures(1, 2, 1, 0, 1.0, (10 * MINUTE_MS,), (-30 * MINUTE_MS,))
    assert high.measures == Measures(1, 0, 0, 0, 1.0)
    proposal = propose([universe], ["small"], rule)["small"]
    assert proposal.hourly == Measures(1, 1, 1, 0, 1.0, (60 * MINUTE_MS,), (20 * MINUTE_MS,))
    # 3,000 alerts of the other post too; at up to 12,000 the alert comes before the proof.
    assert proposal.chosen is not None
    assert (proposal.chosen.plays_per_hour, [known.plays_per_hour for known in proposal.curve]) == (12_000.0, list(GRID))


@given(st.integers(1, 100), st.lists(st.integers(1, 400), max_size=30))
def test_no_seed_that_judges_is_a_tuning_seed(count: int, chosen: list[int]) -> None:
    judged = judging_seeds(count)
    assert (len(set(judged)), judged[0]) == (count, 201)
    assert not set(judged) & set(TUNING)
    assert tuning_seeds(count, judged) == tuple(range(101, 101 + count))
    by_hand = tuning_seeds(count, chosen)
    assert not set(by_hand) & set(chosen)
    assert len(set(by_hand)) == len(by_hand) == min(count, 100 - len(set(chosen) & set(TUNING)))


def test_a_watched_universe_has_the_alerts_of_the_reference() -> None:
    settings = SimulationSettings(seed=201, hours=14, posts=60, creators=20, audience=1, topics=(POSTS, USERS), unknown_authors=0.2)
    universe = watch(settings, SHIPPED)
    alerts = universe.rates.alerts(RATES, RULE.least_observations, RULE.quiet_hours * HOUR_MS)
    assert alerts == sorted(universe.momentum)
    assert alerts
    assert {alert.tier for alert in alerts} <= set(RATES)
    assert universe.days == 14 / 24
    nothing = watch(replace(settings, hours=2), replace(SHIPPED, momentum=None))
    assert nothing.momentum == []
