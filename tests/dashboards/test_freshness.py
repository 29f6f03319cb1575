"""How fresh the figures are said to be, and which half hour is the newest: by what has come, not by the clock alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from connectors.clickhouse.client import connect
from tests.clickhouse_front.conftest import FrontProcess
from tests.dashboards.conftest import migrated
from tests.dashboards.golden import answer

pytestmark = pytest.mark.clickhouse

TABLES = (
    *(
        "post_observations_log",
        "velocity_30m_slices",
        "trending_hourly_log",
        "engagement_hourly_maxima",
        "engagement_hourly_closed",
    ),
    *("comments_log", "user_observations_log", "follower_deltas_log", "posts_newest"),
)
OBSERVED = ("aweme_id", "author_id", "play_count", "ingested_at")


@pytest.fixture(scope="module")
def fresh_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    with migrated(tmp_path_factory.mktemp("fresh")) as running:
        yield running


@pytest.fixture
def client(fresh_front: FrontProcess) -> Iterator[Client]:
    """Of the writer, on empty tables."""
    made = connect(fresh_front.url())
    for table in TABLES:
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def age(client: Client, **span: Any) -> tuple[int | None, str, str]:
    now = datetime.now(UTC)
    (row,) = answer(client, "data_age", **{"begin": now - timedelta(hours=24), "end": now, **span})
    return row["age_s"], row["state"], row["reason"]


def judge(client: Client, hours_ago: int) -> None:
    """The newest judged hour ended `hours_ago` full hours before the running one began."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    client.insert(
        "trending_hourly_log", [["p", end - timedelta(hours=1), end]], column_names=["aweme_id", "window_start", "window_end"]
    )


def observe(client: Client, minutes_ago: float) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    client.insert("post_observations_log", [["p", "c", 1_000, at]], column_names=OBSERVED)


@pytest.mark.parametrize(
    ("minutes_ago", "judged_hours_ago", "state", "reason"),
    [
        (1, 0, "good", r"judged until \d\d \w{3} \d\d:00 UTC"),
        (20, 0, "late", r"no post was observed since \d\d \w{3} \d\d:\d\d UTC"),
        (90, 0, "stale", r"no post was observed since .* UTC"),
        # Observations come, and half hours end: nothing of that judges an hour.
        (1, 4, "stale", r"no hour was judged since \d\d \w{3} \d\d:00 UTC, though posts are observed"),
        # Late observations do not hide stale hours.
        (20, 4, "stale", r"no hour was judged since \d\d \w{3} \d\d:00 UTC, though posts were observed after that"),
        # What came first is the reason for the rest.
        (240, 4, "stale", r"no post was observed since .* UTC"),
        (1, None, "good", "no hour is judged yet"),
    ],
)
def test_the_age_is_that_of_what_is_behind(
    client: Client, minutes_ago: float, judged_hours_ago: int | None, state: str, reason: str
) -> None:
    observe(client, minutes_ago)
    if judged_hours_ago is not None:
        judge(client, judged_hours_ago)
    found_s, found, told = age(client)
    assert found == state
    assert re.fullmatch(reason, told)
    behind_s = 3600 * (judged_hours_ago or 0) if "judged since" in told else 60 * minutes_ago
    assert found_s is not None
    assert behind_s <= found_s < behind_s + (3700 if "judged since" in told else 60)


def test_a_past_range_does_not_age(client: Client) -> None:
    observe(client, 1)
    end = datetime.now(UTC) - timedelta(hours=5)
    assert age(client, begin=end - timedelta(hours=1), end=end) == (None, "past range", f"up to {end:%d %b %H:%M} UTC")


def test_where_only_hours_are_kept_they_tell_the_age(client: Client) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = [["p", hour - timedelta(hours=6), 1], ["p", hour, 0]]
    client.insert("engagement_hourly_maxima", rows, column_names=["aweme_id", "window_start", "is_final"])
    found_s, state, told = age(client)
    assert (state, told) == ("stale", f"no hour has closed since {hour - timedelta(hours=5):%d %b %H:%M} UTC")
    assert found_s is not None
    assert found_s >= 5 * 3600


def test_nothing_at_all_is_neither_fresh_nor_stale(client: Client) -> None:
    assert age(client) == (None, "none", "no post was observed yet")


def test_each_dataset_says_what_has_not_happened(client: Client) -> None:
    observe(client, 2)
    judge(client, 4)
    now = datetime.now(UTC)
    client.insert("comments_log", [["k", now - timedelta(hours=8)]], column_names=["comment_id", "ingested_at"])
    found = answer(client, "freshness", begin=now - timedelta(hours=1), end=now)
    assert [row["state"] for row in found] == ["stale", "late", "none", "none", "none", "good", "good"]
    assert [row["dataset"] for row in found][:5] == [
        *("trending_hourly", "comments_enriched"),
        *("engagement_hourly", "follower_deltas", "user_observations"),
    ]
    reasons = {row["dataset"]: row["reason"] for row in found}
    assert reasons["comments_enriched"] == f"no comment was observed since {now - timedelta(hours=8):%d %b %H:%M} UTC"
    assert reasons["engagement_hourly"] == "no hour has closed yet"
    assert reasons["post_observations"] == ""


def test_comments_that_are_older_than_is_looked_at_are_stale(client: Client) -> None:
    now = datetime.now(UTC)
    client.insert("comments_log", [["k", now - timedelta(hours=30)]], column_names=["comment_id", "ingested_at"])
    rows = answer(client, "freshness", begin=now - timedelta(hours=1), end=now)
    (row,) = (row for row in rows if row["dataset"] == "comments_enriched")
    assert (row["state"], row["newest_at"], row["reason"]) == ("stale", None, "no comment was observed in the last day")


def poll(client: Client, minutes: range, every: int = 5) -> datetime:
    """Two posts that grow, `fast` ever faster and `slow` ever slower, observed `every` so many `minutes` ago; when last."""
    now = datetime.now(UTC).replace(second=30, microsecond=0)
    at = [now - timedelta(minutes=ago) for ago in minutes if (ago - minutes[0]) % every == 0]
    rows = [["fast", "c", 1_000 + 10 * number**2, moment] for number, moment in enumerate(at)]
    rows += [["slow", "c", 1_000 + round(900 * (number + 1) ** 0.5), moment] for number, moment in enumerate(at)]
    client.insert("post_observations_log", rows, column_names=OBSERVED)
    return at[-1]


@pytest.mark.parametrize("stopped_minutes_ago", [0, 3, 50])
def test_the_newest_half_hour_is_one_that_is_complete(client: Client, stopped_minutes_ago: int) -> None:
    """Where the poller stopped 50 minutes ago, half hours that begin then hold one observation: nothing seems to grow in them."""
    newest = poll(client, range(stopped_minutes_ago + 120, stopped_minutes_ago - 1, -1))
    now = datetime.now(UTC)
    span: dict[str, Any] = {"begin": now - timedelta(hours=24), "end": now}
    leaders, falling = answer(client, "velocity_leaders", **span), answer(client, "momentum_falling", **span)
    assert [row["aweme_id"] for row in leaders] == ["fast", "slow"]
    assert [row["aweme_id"] for row in falling] == ["slow"]
    ended = datetime.fromisoformat(leaders[0]["window_end"]).replace(tzinfo=UTC)
    assert timedelta(0) <= newest - ended < timedelta(minutes=5)
    assert all(rate > 0 for rate in leaders[0]["rates"][-12:])


def test_a_past_range_ends_with_a_half_hour_of_its_own(client: Client) -> None:
    poll(client, range(240, -1, -1))
    end = datetime.now(UTC) - timedelta(minutes=62)
    (first, *_) = answer(client, "velocity_leaders", begin=end - timedelta(hours=1), end=end)
    assert end - timedelta(minutes=5) < datetime.fromisoformat(first["window_end"]).replace(tzinfo=UTC) <= end


def test_why_nothing_grows_is_told_as_it_is(client: Client) -> None:
    now = datetime.now(UTC)
    span: dict[str, Any] = {"begin": now - timedelta(hours=24), "end": now}

    def why() -> str:
        return str(answer(client, "half_hour_why", **span)[0]["reason"])

    assert why() == "No post was observed yet."
    observe(client, 300)
    assert re.fullmatch(r"No post was observed since \d\d \w{3} \d\d:\d\d UTC\.", why())
    # Each post once in 40 minutes.
    poll(client, range(160, -1, -1), every=40)
    assert answer(client, "velocity_leaders", **span) == answer(client, "momentum_falling", **span) == []
    told = r"In the half hour up to .* UTC 2 posts were observed, and none gained plays between two observations: .*"
    assert re.fullmatch(told, why())
