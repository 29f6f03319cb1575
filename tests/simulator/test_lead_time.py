"""Onset, proof, lead time, recall and precision, in cases small enough to work out by hand."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.curves import Curve, Growth
from simulator.lead_time import Alert, Measures, Rise, by_tier, measure, proof, quantile
from simulator.settings import POSTS, SimulationSettings
from simulator.truth import post_labels, viral_hours, viral_rise
from simulator.universe import Post, build_universe

SETTINGS = SimulationSettings(posts=120, creators=40, audience=1, topics=(POSTS,))
UNIVERSE = build_universe(SETTINGS)


@dataclass(frozen=True)
class Ramp(Growth):
    """1 play a minute from minute 100 to minute 200, of 1,000 in all: 5 % are 50 minutes of the ramp."""

    def plays(self, age_ms: int) -> int:
        return min(max(age_ms // MINUTE_MS - 100, 0), 100)


RAMP = Ramp(Curve.VIRAL, 1_000, 2 * HOUR_MS)


def ramp_post() -> Post:
    """Published at 1 h."""
    known = UNIVERSE.posts[0]
    return Post(**{name: getattr(known, name) for name in known.__dataclass_fields__} | {"growth": RAMP, "create_ms": HOUR_MS})


def minutes(*values: int) -> list[int]:
    """As Unix ms, counted from the publication of the ramp."""
    return [HOUR_MS + value * MINUTE_MS for value in values]


def test_a_post_rises_from_the_first_to_the_last_60_minutes_that_gain_5_percent() -> None:
    # 60 minutes that begin at minute 90 have 50 minutes of the ramp, and so have those that begin at 150.
    assert viral_rise(ramp_post()) == tuple(minutes(90, 150 + 60))


@pytest.mark.parametrize(
    ("observed", "proven"),
    [
        ((80, 100, 130, 145, 155, 170), 155),  # 155 - 100; at 145 the gain is 45
        ((90, 150), 150),  # an hour apart, and exactly 50
        ((89, 150), None),  # more than an hour apart
        ((140,), None),  # the first observation proves nothing, whatever has happened before
        ((120, 160, 180), 180),  # seen too late for the first 50
        ((), None),
    ],
)
def test_a_perfect_observer_judges_by_what_two_observations_an_hour_apart_prove(
    observed: tuple[int, ...], proven: int | None
) -> None:
    assert proof(RAMP, HOUR_MS, minutes(*observed)) == (None if proven is None else minutes(proven)[0])


def test_the_rise_is_where_the_label_begins_and_ends_to_the_minute() -> None:
    labels = {label["aweme_id"]: label for label in post_labels(SETTINGS, UNIVERSE)}
    rising = 0
    for post in UNIVERSE.posts:
        rise = viral_rise(post)
        assert (rise is not None) == (post.growth.curve is Curve.VIRAL)
        assert labels[post.aweme_id]["rise"] == rise
        if rise is None:
            continue
        rising += 1
        onset_ms, until_ms = rise
        inside = (onset_ms, until_ms - HOUR_MS)
        outside = (onset_ms - MINUTE_MS, until_ms - HOUR_MS + MINUTE_MS)
        assert [share(post, start_ms) >= Fraction(1, 20) for start_ms in (*inside, *outside)] == [True, True, False, False]
        for start_ms in viral_hours(SETTINGS, post):
            assert onset_ms - MINUTE_MS <= start_ms <= start_ms + HOUR_MS <= until_ms + MINUTE_MS
    assert rising > 5


def share(post: Post, start_ms: int) -> Fraction:
    """Of all plays, what comes in the 60 minutes from there on, in whole seconds of age."""
    counts = [0 if age < 0 else age**8 for age in ((start_ms + more - post.create_ms) // 1000 for more in (0, HOUR_MS))]
    middle = (post.growth.half_ms // 1000) ** 8
    before, after = (post.growth.total * count // (count + middle) for count in counts)
    return Fraction(after - before, post.growth.total)


def rise(post: int, onset: int, until: int, proven: int | None, tier: str | None) -> Rise:
    onset_ms, until_ms = minutes(onset, until)
    return Rise(post, onset_ms, until_ms, None if proven is None else minutes(proven)[0], tier)


RISES = {
    1: rise(1, 90, 210, 155, "small"),
    2: rise(2, 90, 210, 150, "small"),
    3: rise(3, 0, 300, 60, "big"),
    4: rise(4, 90, 210, None, None),
}


def alert(post: int, minute: int, tier: str = "small") -> Alert:
    return Alert(post, tier, minutes(minute)[0])


def test_lead_time_recall_and_precision_by_hand() -> None:
    alerts = [
        alert(1, 89),  # a minute before the onset: misplaced
        alert(1, 170),  # right
        alert(1, 100),  # right, and first: 10 min behind the onset, 55 before the proof
        alert(2, 211),  # over
        alert(4, 90),  # right, though nothing proves it
        alert(9, 100),  # not viral at all
        alert(3, 72, "small"),  # right; its author was in another tier then
    ]
    found = measure(RISES, alerts, 2.0, ["small", "big", "unknown", "all"])
    assert found["small"] == Measures(2, 7, 4, 2, 2.0, (10 * MINUTE_MS,), (-55 * MINUTE_MS,))
    assert (found["small"].recall, found["small"].precision, found["small"].alerts_per_day) == (0.5, 4 / 7, 3.5)
    assert found["small"].f1 == pytest.approx(8 / 15)
    assert found["big"] == Measures(1, 0, 0, 0, 2.0, (72 * MINUTE_MS,), (12 * MINUTE_MS,))
    assert (found["big"].recall, found["big"].precision, found["big"].f1) == (1.0, None, None)
    assert found["unknown"] == Measures(days=2.0)
    assert found["unknown"].recall is None
    assert found["all"] == Measures(
        3, 7, 4, 2, 2.0, (10 * MINUTE_MS, 72 * MINUTE_MS), (-55 * MINUTE_MS, 12 * MINUTE_MS)
    )  # fmt: skip


def test_found_in_time_is_a_share_of_all_rises() -> None:
    measures = Measures(4, after_proof=(-MINUTE_MS, 25 * MINUTE_MS, 26 * MINUTE_MS))
    assert [measures.in_time(minutes * MINUTE_MS) for minutes in (-2, 24, 25, 26)] == [0.0, 0.25, 0.5, 0.75]
    assert Measures().in_time(0) == 0.0


def test_both_ends_of_a_rise_belong_to_it() -> None:
    found = measure(RISES, [alert(1, 90), alert(2, 210)], 1.0, ["small"])["small"]
    assert (found.right, found.after_proof) == (2, (-65 * MINUTE_MS, 60 * MINUTE_MS))


def test_universes_are_added_up() -> None:
    one, two = [alert(1, 100)], [alert(1, 120), alert(9, 1)]
    found = by_tier([(RISES, one, 1.0), (RISES, two, 1.5)], ["small"])["small"]
    assert found == Measures(4, 3, 2, 0, 2.5, (10 * MINUTE_MS, 30 * MINUTE_MS), (-55 * MINUTE_MS, -35 * MINUTE_MS))
    assert by_tier([], ["small"]) == {"small": Measures()}


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert [quantile((3, 5, 8, 9), part) for part in (0.0, 0.25, 0.5, 0.51, 0.9, 1.0)] == [3, 3, 5, 8, 9, 9]
    assert quantile(tuple(range(1, 11)), 0.9) == 9
    assert quantile((), 0.5) is None
