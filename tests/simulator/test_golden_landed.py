"""The golden rows of the marts over observations are what the references give, in any order of arrival, and after a replay."""

from __future__ import annotations

import pytest

from tests.golden.landed_reading import MARTS, expect, expected_rows, given


@pytest.mark.parametrize("step", [1, -1])
def test_the_references_give_the_golden_rows(step: int) -> None:
    posts, users, growth = given()
    rows = expected_rows((posts + posts)[::step], (users + users)[::step], growth)
    assert set(rows) == set(MARTS)
    for mart in MARTS:
        assert rows[mart] == expect(mart), mart
