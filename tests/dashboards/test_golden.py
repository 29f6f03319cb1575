"""Each query over a fixed universe gives the rows that were worked out by hand; see tests/golden/dashboards/universe.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml
from clickhouse_connect.driver.client import Client

from connectors.clickhouse.client import connect
from dashboards.grafana import VARIABLES_DIR
from dashboards.model import QUERIES_DIR, load_query, parameters
from dashboards.run import Filters, bound
from tests.clickhouse_front.conftest import FrontProcess
from tests.dashboards.golden import FOLDER, answer, write_universe

# Asked for the present: ClickHouse notes itself when an entry of the ledger came.
OF_THE_PRESENT = {"ledger_balance", "late_share"}
CASES = [
    pytest.param(path.parent.name, case, id=f"{path.parent.name}-{number}")
    for path in sorted(FOLDER.glob("*/expected.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
]


@pytest.fixture(scope="module")
def golden(golden_front: FrontProcess) -> Iterator[Client]:
    """Of the writer, who sees names as they are; masked views have the same columns."""
    client = connect(golden_front.url())
    write_universe(client)
    yield client
    client.close()


def near(value: Any) -> Any:
    """`value` with its floats compared to nine digits: sums of floats depend on the order of rows."""
    if isinstance(value, list):
        return [near(item) for item in value]
    return pytest.approx(value, rel=1e-8, abs=1e-9) if isinstance(value, float) else value


@pytest.mark.clickhouse
@pytest.mark.parametrize(("query", "case"), CASES)
def test_a_query_gives_the_rows_worked_out_by_hand(golden: Client, query: str, case: dict[str, Any]) -> None:
    found = answer(golden, query, **case["filters"])
    # What the universe has no values for is NULL, and need not be written.
    case["rows"] = [dict.fromkeys(found[0] if found else ()) | row for row in case["rows"]]
    assert found == [{name: near(value) for name, value in row.items()} for row in case["rows"]]


@pytest.mark.clickhouse
def test_the_ledger_shows_runs_that_wrote_in_the_range(golden: Client) -> None:
    columns = [
        "job",
        "run_id",
        "topic",
        "path",
        "kafka_partition",
        "bucket",
        "valid",
        "counted",
        "late",
        "beyond_bound",
        "quarantined",
    ]
    now = datetime.now(UTC)
    present: dict[str, Any] = {"begin": now - timedelta(hours=1), "end": now + timedelta(hours=1)}
    later: dict[str, Any] = {"begin": now + timedelta(hours=1), "end": now + timedelta(hours=2)}
    assert answer(golden, "late_share", **present) == [{"late_share": None}]
    entries = [
        ["pipeline", "r1", "t.posts", "read", 0, 0, 1000, 0, 0, 0, 0],
        ["pipeline", "r1", "t.posts", "read", 1, 0, 499, 0, 0, 0, 0],
        ["pipeline", "r1", "t.posts", "hours", -1, 3600, 0, 1400, 2, 1, 0],
        ["pipeline", "r1", "t.posts", "hours", -1, 7200, 0, 92, 3, 0, 0],
        ["pipeline", "r1", "t.posts", "quarantine", 0, 7, 0, 0, 0, 0, 1],
        # Of a run that has not closed an hour nobody knows how much it has read.
        ["pipeline", "r2", "t.posts", "hours", -1, 3600, 0, 0, 9, 0, 0],
    ]
    golden.insert("pipeline_ledger_entries", entries, column_names=columns)
    row = next(found for found in answer(golden, "ledger_balance", **present) if found["run_id"] == "r1")
    assert row.pop("updated_at") >= (now - timedelta(minutes=10)).strftime("%Y-%m-%d %H:%M:%S")
    counts = {"read": 1500, "counted": 1492, "late": 5, "beyond_bound": 1, "quarantined": 1, "unaccounted": 1}
    assert row == {"job": "pipeline", "run_id": "r1", "topic": "t.posts", **counts}
    assert answer(golden, "ledger_balance", **later) == []
    # The largest share of a run and topic: one that is as it should be does not hide another.
    assert answer(golden, "late_share", **present) == [{"late_share": 0.004}]
    golden.insert(
        "pipeline_ledger_entries", [["comments", "r3", "t.comments", "window", 0, 0, 100, 98, 2, 0, 0]], column_names=columns
    )
    assert answer(golden, "late_share", **present) == [{"late_share": 0.02}]
    assert answer(golden, "late_share", **later) == [{"late_share": None}]


@pytest.mark.clickhouse
def test_a_hashtag_that_grows_evenly_does_not_seem_to_fall_while_an_hour_is_open(golden: Client) -> None:
    """Asked in the middle of an hour for a day: 23 hours have closed, and the open one is missing from the later half only."""
    now = datetime.now(UTC)
    open_hour = (now - timedelta(minutes=2)).replace(minute=0, second=0, microsecond=0)
    growth = ["aweme_id", "author_id", "window_start", "delta_plays"]
    hours = [open_hour - timedelta(hours=back) for back in range(1, 30)]
    golden.insert("trending_hourly_log", [["even", "c7", hour, 100] for hour in hours], column_names=growth)
    golden.insert(
        "post_observations_log",
        [["even", "c7", "Steady #steady", moment] for moment in (hours[-1], now)],
        column_names=["aweme_id", "author_id", "title", "ingested_at"],
    )
    (row,) = answer(golden, "hashtags_rising", begin=now - timedelta(hours=24), end=now, hashtag="steady")
    assert (row["rise"], row["gained_later"], row["gained_earlier"], row["direction"]) == (0, 1100, 1100, "falling")
    # Within the range, but there is no second hour to compare with.
    (row,) = answer(golden, "hashtags_rising", begin=hours[0], end=now, hashtag="steady")
    told = ("rise", "gained_earlier", "is_rising", "direction", "plays_gained")
    assert [row[name] for name in told] == [None, None, None, "unknown", 100]
    # What lost plays after none is not new.
    golden.insert("trending_hourly_log", [["even", "c7", hours[1], 0], ["even", "c7", hours[0], -50]], column_names=growth)
    (row,) = answer(golden, "hashtags_rising", begin=hours[1], end=now, hashtag="steady")
    assert [row[name] for name in told] == [None, None, 0, "falling", -50]


@pytest.mark.clickhouse
def test_what_happened_is_told_at_its_own_time_in_a_range_of_any_length(golden: Client) -> None:
    """In a month the steps of a chart are 6 hours: they begin before the only alert in them, and before the range."""
    begin = datetime(2026, 2, 13, 2, 30, tzinfo=UTC)
    columns = ["aweme_id", "author_id", "observed_at"]
    times = [datetime(2026, 2, 13, 2, 41, 7, tzinfo=UTC), *(datetime(2026, 2, 20, 13, minute, tzinfo=UTC) for minute in (20, 50))]
    golden.insert("momentum_alerts_log", [[f"m{n}", "c8", time] for n, time in enumerate(times)], column_names=columns)
    found = answer(golden, "happened", begin=begin, end=begin + timedelta(days=30), creator="c8")
    alerts = [(row["happened_at"], row["events"], row["aweme_id"]) for row in found if row["what"] == "took off"]
    assert alerts == [("2026-02-20 13:20:00", 2, ""), ("2026-02-13 02:41:07", 1, "m0")]


@pytest.mark.clickhouse
def test_whose_posts_are_no_longer_observed_does_not_move(golden: Client) -> None:
    begin = datetime(2026, 6, 2, tzinfo=UTC)
    columns = ["userid", "t_prev", "t_now", "prev_count", "curr_count", "delta"]
    change = ["c6", begin, begin + timedelta(hours=1), 1_000, 1_500, 500]
    golden.insert("follower_deltas_log", [change], column_names=columns)
    for days, moved in ((-2, []), (0, ["c6"])):
        seen = [["old", "c6", begin + timedelta(days=days)]]
        golden.insert("post_observations_log", seen, column_names=["aweme_id", "author_id", "ingested_at"])
        found = answer(golden, "follower_movers", begin=begin, end=begin + timedelta(hours=2))
        assert [row["userid"] for row in found] == moved


@pytest.mark.clickhouse
def test_who_was_observed_once_is_not_said_to_have_kept_pace(golden: Client) -> None:
    begin = datetime(2026, 3, 10, 11, tzinfo=UTC)
    (row,) = answer(golden, "half_hour_why", begin=begin, end=begin + timedelta(hours=1))
    told = "2 posts grew, and none was also observed in the half hour before, in this range."
    assert (row["posts_grown"], row["posts_compared"]) == (2, 0)
    assert row["reason"].endswith(told)


@pytest.mark.clickhouse
def test_plays_that_vanish_are_neither_lost_nor_gained(golden: Client) -> None:
    """5,000,000, 22 times 0, 12, 5,000,100; and 8,000 that fall to 3,000 and stay there for more than a day."""
    begin = datetime(2026, 5, 1, tzinfo=UTC)
    rows = [
        *(
            ("gone", hour, plays, 5_000_000, hour)
            for hour, plays in ((*((hour, 0) for hour in range(1, 23)), (23, 12), (24, 5_000_100)))
        ),
        *(("fell", hour, 3_000, 8_000, hour) for hour in range(1, 25)),
        ("fell", 25, 3_050, 3_000, 1),
    ]
    golden.insert(
        "trending_hourly_log",
        [
            [
                post,
                "c9",
                begin + timedelta(hours=hour),
                plays,
                base,
                gap,
                plays - base,
                float(plays - base),
                1e9,
                int(plays > base),
                hour < 24,
            ]
            for post, hour, plays, base, gap in rows
        ],
        column_names=[
            *("aweme_id", "author_id", "window_start", "play_count", "prev_play_count", "gap_hours", "delta_plays"),
            *("delta_plays_per_hour", "threshold", "is_trending", "is_away"),
        ],
    )
    golden.insert(
        "engagement_hourly_maxima",
        [[post, "c9", begin + timedelta(hours=hour), plays, 1] for post, hour, plays, _, _ in rows],
        column_names=["aweme_id", "author_id", "window_start", "play_count", "is_final"],
    )
    golden.insert(
        "post_observations_log",
        [[post, "c9", "#back", begin + timedelta(hours=hour)] for post in ("gone", "fell") for hour in (0, 30)],
        column_names=["aweme_id", "author_id", "title", "ingested_at"],
    )
    days: dict[str, Any] = {"begin": begin, "end": begin + timedelta(hours=30), "creator": "c9"}
    net = 100 - 5_000 + 50
    totals = answer(golden, "growth_totals", **days)[0]
    assert (totals["plays_gained"], totals["shrunk_posts"]) == (net, 1)
    assert sum(row["plays_gained"] for row in answer(golden, "plays_gained", **days)) == net
    assert [row["plays_gained"] for row in answer(golden, "hashtags_rising", **days)] == [net]
    assert [row["plays_gained"] for row in answer(golden, "creator_hashtags", **days)] == [net]
    for query in ("trending_posts", "creator_posts"):
        found = answer(golden, query, **days)
        assert {row["aweme_id"]: (row["plays_gained"], sum(row["plays_by_hour"])) for row in found} == {
            "gone": (100, 100),
            "fell": (net - 100, net - 100),
        }
    (now,) = [row["plays_by_hour"] for row in answer(golden, "trending_now", **days | {"end": begin + timedelta(hours=25)})][:1]
    assert sum(now) in (100, -5_000)
    # What is offered to choose from, by its gain.
    values = bound(Filters(round(begin.timestamp() * 1000), round(days["end"].timestamp() * 1000)))
    offered = {}
    for name in ("post", "creator"):
        text = load_query(name, VARIABLES_DIR)
        offered[name] = golden.query(text, parameters={name: values[name] for name in parameters(text)}).result_columns[0]
    assert offered == {"post": ["gone", "fell"], "creator": ["c9"]}


@pytest.mark.clickhouse
def test_followers_that_vanish_are_neither_lost_nor_gained(golden: Client) -> None:
    """`zero` is at 0 for two snapshots, and `tiny` for one; `few` at 12 for one, and back by steps. An alert is over 300 in 2 h."""
    begin = datetime(2026, 3, 10, 8, tzinfo=UTC)
    counts = {
        "zero": ((0, 5_000_000, 1, 0, 1), (1, 0, 2, 0, 1), (0, 5_000_000, 3, 5_000_000, 0), (3, 5_000_000, 4, 5_000_301, 0)),
        "few": ((0, 5_000_000, 1, 12, 1), (1, 12, 2, 4_000_000, 1), (2, 4_000_000, 3, 5_000_300, 0)),
        "tiny": ((0, 800, 1, 0, 1), (0, 800, 2, 1_200, 0)),
    }
    insert_changes(golden, begin, timedelta(minutes=15), counts)
    insert_posts_of(golden, counts, begin)
    gained = {row["userid"]: (row["gained"], row["greatest_step"]) for row in answer(golden, "follower_movers", limit=100)}
    assert (gained["zero"], gained["few"], gained["tiny"]) == ((301, 301), (300, 3_999_988), (400, 400))
    assert answer(golden, "follower_totals", creator="zero")[0]["gained"] == 301
    for user, sum_of_gains in (("zero", 301), ("tiny", 400)):
        assert sum(row["gained"] for row in answer(golden, "follower_history", creator=user)) == sum_of_gains
    (alerted,) = answer(golden, "follower_alerts", creator="zero")
    assert (alerted["greatest_rise"], alerted["rule_gained"]) == (301, 300)
    (alerted,) = answer(golden, "follower_alerts", creator="tiny")
    assert (alerted["greatest_rise"], alerted["follower_count"]) == (400, 1_200)
    assert answer(golden, "follower_alerts", creator="few") == []


@pytest.mark.clickhouse
def test_a_rise_from_what_was_away_before_the_range_is_none(golden: Client) -> None:
    """Away since before 08:00, and back at 09:30; a small account that begins at 0, and one that is large when 0 is in its span."""
    begin = datetime(2026, 3, 10, 6, tzinfo=UTC)
    counts = {
        "back": ((-2, 5_000_000, 2, 12, 1), (2, 12, 5, 12, 1), (5, 12, 6, 13, 1), (6, 13, 7, 5_000_088, 0)),
        "begins": ((4, 0, 5, 600, 0), (5, 600, 11, 1_100, 0)),
        "grows": ((4, 0, 5, 200, 0), (5, 200, 6, 1_100, 0)),
        "first": ((4, 5_000, 5, 5_400, 0),),
    }
    insert_changes(golden, begin, timedelta(minutes=30), counts)
    rises = {row["userid"]: row["greatest_rise"] for row in answer(golden, "follower_alerts", limit=100) if row["userid"] in counts}
    assert rises == {"begins": 600, "grows": 900, "first": 400}


@pytest.mark.clickhouse
def test_who_only_comments_is_no_creator_on_the_move_and_a_handful_of_followers_has_no_growth(golden: Client) -> None:
    begin = datetime(2026, 6, 1, 8, tzinfo=UTC)
    counts = {"writer": ((0, 1, 1, 3, 0),), "poster": ((0, 2, 1, 6, 0),), "known": ((0, 100, 1, 150, 0),)}
    insert_changes(golden, begin, timedelta(minutes=30), counts)
    insert_posts_of(golden, ("poster", "known"), begin)
    found = answer(golden, "follower_movers", begin=begin, end=begin + timedelta(hours=4))
    assert [(row["userid"], row["gained"], row["growth_rate"], row["followers_before"]) for row in found] == [
        ("known", 50, 0.5, 100),
        ("poster", 4, None, 2),
    ]


@pytest.mark.clickhouse
def test_hashtags_that_rise_come_first_and_a_rise_from_next_to_nothing_has_no_percentage(golden: Client) -> None:
    """By the difference in plays: `big` rises most, `new` from nothing, `tiny` from 900; `falls` gained most, but less."""
    begin = datetime(2026, 6, 2, tzinfo=UTC)
    gains = {"falls": (900_000, 800_000), "big": (20_000, 60_000), "tiny": (900, 9_000), "new": (0, 5_000)}
    golden.insert(
        "trending_hourly_log",
        [
            [tag, "c6", begin + timedelta(hours=hour), plays]
            for tag, pair in gains.items()
            for hour, plays in zip((1, 3), pair, strict=True)
        ],
        column_names=["aweme_id", "author_id", "window_start", "delta_plays"],
    )
    golden.insert(
        "post_observations_log",
        [[tag, "c6", f"Of #{tag}", begin + timedelta(hours=hour)] for tag in gains for hour in (1, 3)],
        column_names=["aweme_id", "author_id", "title", "ingested_at"],
    )
    found = answer(golden, "hashtags_rising", begin=begin, end=begin + timedelta(hours=4))
    assert [(row["hashtag"], row["direction"], row["rise"], row["gained_earlier"]) for row in found] == [
        ("big", "rising", 2.0, 20_000),
        ("tiny", "rising", None, 900),
        ("new", "rising", None, 0),
        ("falls", "falling", near(-1 / 9), 900_000),
    ]


@pytest.mark.clickhouse
def test_one_poll_of_old_comments_makes_no_spike(golden: Client) -> None:
    """Sixty comments that were written one a minute, and observed in one second."""
    begin = datetime(2026, 6, 3, 8, tzinfo=UTC)
    seen = begin + timedelta(hours=3)
    golden.insert(
        "comments_log",
        [[f"s{number:02}", "p9", begin + timedelta(minutes=number), seen, 0.5, "positive"] for number in range(60)],
        column_names=["comment_id", "video_id", "create_time", "ingested_at", "sentiment_compound", "sentiment_label"],
    )
    found = answer(golden, "comment_mood", begin=begin, end=begin + timedelta(hours=4))
    assert [row["positive"] for row in found] == [5] * 12
    assert answer(golden, "comment_totals", begin=begin, end=begin + timedelta(minutes=30))[0]["comments"] == 30


def insert_posts_of(client: Client, creators: Iterable[str], at: datetime) -> None:
    """An observation of a post of each of `creators`."""
    client.insert(
        "post_observations_log",
        [[f"of {creator}", creator, at] for creator in creators],
        column_names=["aweme_id", "author_id", "ingested_at"],
    )


def insert_changes(client: Client, begin: datetime, step: timedelta, counts: Mapping[str, tuple[tuple[int, ...], ...]]) -> None:
    """Rows of follower_deltas by user: (step before, count before, step, count, is_away)."""
    client.insert(
        "follower_deltas_log",
        [
            [user, begin + before * step, begin + now * step, count - base, base, count, is_away]
            for user, steps in counts.items()
            for before, base, now, count, is_away in steps
        ],
        column_names=["userid", "t_prev", "t_now", "delta", "prev_count", "curr_count", "is_away"],
    )


@pytest.mark.clickhouse
def test_alerts_of_a_month_of_counts_by_the_five_minutes(golden: Client) -> None:
    """One follower more each time, but 24 times 20 more; in memory that a comparison of all pairs of 8,640 counts exceeds."""
    begin = datetime(2026, 4, 1, tzinfo=UTC)
    at = [begin + timedelta(minutes=5 * number) for number in range(8641)]
    counts = [1000 + number + 19 * min(max(number - 5000, 0), 24) for number in range(8641)]
    golden.insert(
        "follower_deltas_log",
        [
            ["c8", *pair, after - before, before, after]
            for pair, before, after in zip(pairwise(at), counts, counts[1:], strict=False)
        ],
        column_names=["userid", "t_prev", "t_now", "delta", "prev_count", "curr_count"],
    )
    rules = {"followers": {"gains": [{"gained": 300, "within_hours": 2}, {"gained": 5000, "within_hours": 720}]}}
    golden.insert(
        "threshold_versions_log",
        [["v5-eeeeeeee", 5, begin, begin, "ann", "april", "e", json.dumps(rules)]],
        column_names=["version", "sequence", "effective_from", "published_at", "author", "comment", "content_hash", "content"],
    )
    month = {"begin": begin, "end": begin + timedelta(days=31)}
    assert answer(golden, "follower_alerts", **month, settings={"max_memory_usage": 200_000_000}) == [
        # The newest count against the first one; 5,000 more than that for the first time with number 5,001.
        {**alert(9096, 5000, 720, at[5001], at[-1]), "follower_count": counts[-1]},
        # 24 times 20; 15 times 20 and 9 times 1 is more than 300, 14 times 20 and 10 times 1 is not: so up to number 5,033.
        {**alert(480, 300, 2, at[5015], at[5024]), "follower_count": counts[5033]},
    ]


def alert(rise: int, gained: int, hours: int, first: datetime, peak: datetime) -> dict[str, Any]:
    shown = {"first_alert": f"{first:%Y-%m-%d %H:%M:%S}", "peak_at": f"{peak:%Y-%m-%d %H:%M:%S}"}
    return {"userid": "c8", "handle": "[masked]", "greatest_rise": rise, "rule_gained": gained, "rule_hours": hours, **shown}


def test_no_sum_of_growth_counts_hours_that_are_away() -> None:
    for folder in (QUERIES_DIR, VARIABLES_DIR):
        for path in folder.glob("*.sql"):
            text = path.read_text(encoding="utf-8")
            summed = re.search(r"sum\w*\(delta_plays\b", text)
            assert not summed or "is_away = 0" in text, f"{path.name}: record 19"


def test_every_query_has_golden_results() -> None:
    assert {path.stem for path in QUERIES_DIR.glob("*.sql")} == {
        path.parent.name for path in FOLDER.glob("*/expected.yaml")
    } | OF_THE_PRESENT
