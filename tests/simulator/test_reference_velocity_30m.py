"""The reference of `velocity_30m` on hand-made observations, and against a walk over all windows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.reference.velocity_30m import COLUMNS, MINUTE_MS, velocity_30m

START = 1_767_571_200_000
SIZE_MS, SLIDE_MS = 30 * MINUTE_MS, 5 * MINUTE_MS


def post(at_ms: int, plays: int, engagement: int = 0, aweme_id: str = "p", created_ms: int = -86_400_000) -> dict[str, Any]:
    counts = {"play_count": plays, "digg_count": engagement, "comment_count": 0, "share_count": 0}
    created_s = (START + created_ms) // 1000
    return {"aweme_id": aweme_id, "author_id": f"a{aweme_id}", "ingested_at": START + at_ms, "create_time": created_s, **counts}


def windows(posts: list[dict[str, Any]]) -> dict[int, tuple[Any, ...]]:
    """Minutes from START to the window -> its three measures."""
    rows = velocity_30m(posts)
    assert all(tuple(row) == COLUMNS and row["window_end"] - row["window_start"] == SIZE_MS for row in rows)
    assert [row["window_start"] for row in rows] == sorted(row["window_start"] for row in rows)
    return {
        (row["window_start"] - START) // MINUTE_MS: (row["delta_plays"], row["plays_per_minute"], row["engagement_rate_change"])
        for row in rows
    }


def test_one_observation_is_in_six_windows_and_has_no_delta() -> None:
    still = (0, 0.0, 0.0)
    assert windows([post(0, 10, 1)]) == dict.fromkeys((-25, -20, -15, -10, -5, 0), still)
    assert list(windows([post(-1, 10, 1)])) == [-30, -25, -20, -15, -10, -5]
    assert list(windows([post(SLIDE_MS - 1, 10, 1)])) == [-25, -20, -15, -10, -5, 0]


def test_a_window_spans_from_its_least_to_its_greatest_counts() -> None:
    found = windows([post(0, 100, 10), post(12 * MINUTE_MS, 700, 140), post(29 * MINUTE_MS, 400, 100)])
    assert found[0] == (600, 20.0, 140 / 700 - 10 / 100)
    assert found[-20] == (0, 0.0, 0.0)
    assert found[-15] == (600, 20.0, 140 / 700 - 10 / 100)
    assert found[5] == (300, 10.0, 140 / 700 - 100 / 400)
    assert found[15] == (0, 0.0, 0.0)
    assert 30 not in found


def test_engagement_is_the_sum_of_one_observation() -> None:
    first = post(0, 100) | {"digg_count": 5, "comment_count": 3, "share_count": 2}
    second = post(MINUTE_MS, 200) | {"digg_count": 1, "comment_count": 30, "share_count": 1}
    assert windows([first, second])[0] == (100, 100 / 30, 32 / 200 - 10 / 100)


def test_without_plays_there_is_no_rate() -> None:
    assert windows([post(0, 0, 0)])[0] == (0, 0.0, None)
    assert windows([post(0, 0, 0), post(MINUTE_MS, 90, 9)])[0] == (90, 3.0, None)


def test_a_gap_of_half_an_hour_has_no_window() -> None:
    found = windows([post(0, 10), post(90 * MINUTE_MS, 20)])
    assert list(found) == [-25, -20, -15, -10, -5, 0, 65, 70, 75, 80, 85, 90]
    assert {row[0] for row in found.values()} == {0}


def test_a_window_in_which_the_counter_was_away_says_nothing() -> None:
    seen = (5_000_000, 0, 5_000_000)
    found = windows([post(number * MINUTE_MS, plays, plays // 10) for number, plays in enumerate(seen)])
    assert set(found.values()) == {(0, 0.0, None)}
    assert windows([post(0, 50, 1), post(MINUTE_MS, 5_001, 9)])[0] == (0, 0.0, None)
    assert windows([post(0, 50, 1), post(MINUTE_MS, 5_000, 9)])[0][0] == 4_950
    assert windows([post(0, 0, 1), post(MINUTE_MS, 999, 9)])[0][0] == 999


def test_a_post_that_goes_viral_in_its_first_half_hour_is_as_fast_as_it_is() -> None:
    seen = [
        post(5 * number * MINUTE_MS, plays, created_ms=0) for number, plays in enumerate((0, 300, 4_000, 20_000, 80_000, 200_000))
    ]
    assert windows(seen)[0] == (200_000, 200_000 / 30, None)
    assert windows(seen)[5][0] == 199_700
    # An hour after its publication a post is no longer new.
    late = [post(59 * MINUTE_MS, 10, created_ms=0), post(61 * MINUTE_MS, 5_000, created_ms=0)]
    assert windows(late)[55][0] == 4_990
    assert windows([item | {"ingested_at": item["ingested_at"] + 60 * MINUTE_MS} for item in late])[115][0] == 0


observations = st.lists(
    st.builds(
        post,
        st.integers(0, 90 * MINUTE_MS),
        st.integers(0, 3_000),
        st.integers(0, 100),
        st.sampled_from(["p", "q"]),
        st.sampled_from([0, 30 * MINUTE_MS, -90 * MINUTE_MS]),
    ),
    max_size=15,
)


@given(observations, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(posts: list[dict[str, Any]], chance: Any) -> None:
    again = posts + posts[: len(posts) // 2]
    chance.shuffle(again)
    assert velocity_30m(again) == velocity_30m(posts)


@given(observations)
def test_it_agrees_with_a_walk_over_all_windows(posts: list[dict[str, Any]]) -> None:
    expected = []
    for aweme_id in ("p", "q"):
        for start in range(START - SIZE_MS, START + 91 * MINUTE_MS, SLIDE_MS):
            inside = [p for p in posts if p["aweme_id"] == aweme_id and start <= p["ingested_at"] < start + SIZE_MS]
            if inside:
                plays = [p["play_count"] for p in inside]
                new = any(abs(p["ingested_at"] - p["create_time"] * 1000) < 60 * MINUTE_MS for p in inside)
                away = max(plays) >= 1_000 and max(plays) > 100 * min(plays) and not new
                expected.append((aweme_id, start, 0 if away else max(plays) - min(plays)))
    assert [(row["aweme_id"], row["window_start"], row["delta_plays"]) for row in velocity_30m(posts)] == expected
