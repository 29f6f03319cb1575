"""The reference of `engagement_hourly`: hand-made rows, and the laws that make replays and duplicates harmless."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.reference.engagement_hourly import HOUR_MS, engagement_hourly

START = 1_767_571_200_000
COLUMNS = (
    *("aweme_id", "author_id", "window_start", "window_end", "play_count", "digg_count", "comment_count", "share_count"),
    *("engagement_total", "engagement_rate_plays", "is_final"),
)


def post(at_ms: int, plays: int, diggs: int, comments: int, shares: int, aweme_id: str = "1") -> dict[str, Any]:
    return {
        "aweme_id": aweme_id,
        "author_id": f"a{aweme_id}",
        "ingested_at": START + at_ms,
        "play_count": plays,
        "digg_count": diggs,
        "comment_count": comments,
        "share_count": shares,
    }


counter = st.integers(0, 10**12)
observations = st.lists(
    st.builds(post, st.integers(0, 3 * HOUR_MS), counter, counter, counter, counter, st.sampled_from(["1", "2", "3"])), max_size=30
)


def test_engagement_is_the_maximum_of_the_sum() -> None:
    rows = engagement_hourly([post(0, 100, 10, 5, 1), post(60_000, 90, 9, 8, 1), post(HOUR_MS, 0, 0, 0, 0)])
    assert rows == [
        dict(zip(COLUMNS, ("1", "a1", START, START + HOUR_MS, 100, 10, 8, 1, 18, 0.18, 1), strict=True)),
        dict(zip(COLUMNS, ("1", "a1", START + HOUR_MS, START + 2 * HOUR_MS, 0, 0, 0, 0, 0, None, 1), strict=True)),
    ]


def test_the_last_millisecond_belongs_to_the_hour() -> None:
    assert [row["window_start"] for row in engagement_hourly([post(HOUR_MS - 1, 1, 0, 0, 0)])] == [START]


@given(observations, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(posts: list[dict[str, Any]], chance: Any) -> None:
    again = posts + posts[: len(posts) // 2]
    chance.shuffle(again)
    assert engagement_hourly(again) == engagement_hourly(posts)


@given(observations)
def test_one_row_per_post_and_hour_within_bounds(posts: list[dict[str, Any]]) -> None:
    rows = engagement_hourly(posts)
    assert {(r["aweme_id"], r["window_start"]) for r in rows} == {
        (p["aweme_id"], p["ingested_at"] - p["ingested_at"] % HOUR_MS) for p in posts
    }
    for row in rows:
        parts = (row["digg_count"], row["comment_count"], row["share_count"])
        assert max(parts) <= row["engagement_total"] <= sum(parts)
        assert tuple(row) == COLUMNS


@given(observations, observations)
def test_a_recomputation_of_everything_dominates_each_part(some: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    whole = {(r["aweme_id"], r["window_start"]): r for r in engagement_hourly(some + more)}
    for row in engagement_hourly(some):
        assert whole[row["aweme_id"], row["window_start"]]["engagement_total"] >= row["engagement_total"]
