from __future__ import annotations

import pytest

from bench.figures import Spread, percentile, ratios, table


def test_spread_of_an_even_number_of_runs_has_the_mean_of_the_middle_two_as_median() -> None:
    assert Spread.of([40.0, 10.0, 20.0, 30.0]) == Spread(10.0, 25.0, 40.0)


def test_spread_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        Spread.of([])


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0), (0.001, 1.0)],
)
def test_percentile_is_a_value_that_occurred(share: float, expected: float) -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, share) == expected


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([3.0], 0.01) == percentile([3.0], 0.99) == 3.0


@pytest.mark.parametrize("share", [0.0, 1.01])
def test_percentile_refuses_shares_outside_its_range(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], share)


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([80.0, 90.0], [100.0, 90.0]) == [0.8, 1.0]


def test_ratios_refuse_rounds_that_are_missing() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([80.0, 90.0], [100.0])


def test_table_aligns_names_left_and_figures_right() -> None:
    assert table(("what", "min", "max"), [("loop", "9", "1,000"), ("whole job", "10", "20")]) == "\n".join(
        (
            "what       min    max",
            "---------  ---  -----",
            "loop         9  1,000",
            "whole job   10     20",
        )
    )
