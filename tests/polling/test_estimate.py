"""What a watchlist is said to cost is what polling it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.clock import DAY_MS
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Feed, Subject
from connectors.upstream.transport import new_client
from polling.clock import VirtualClock
from polling.watching.estimate import BALANCE, LOOK_UPS, Credits, Line, estimate, per_entry
from polling.watchlist import Watchlist, parse_watchlist
from simulator.upstream.server import FakeUpstream
from tests.polling.handle_days import SETTINGS, START_MS, HandleDays

ENDPOINTS = {
    "tikliveapi": {
        LOOK_UPS: "/userinfo-by-username/",
        "profile": "/userinfo-by-id/",
        "posts": "/user-posts/",
        BALANCE: "/profile/",
    },
    "tikapi": {"posts": "/public/posts", BALANCE: "/key"},
}


def watchlist(text: str) -> Watchlist:
    return parse_watchlist(text, Path("w.yaml"))


def lines(text: str, upstream: str) -> dict[tuple[str, str], Line]:
    return {(line.feed, line.tier): line for line in estimate(watchlist(text), UPSTREAMS[upstream]).lines}


def test_hand_worked() -> None:
    found = lines('creators: ["@ada", {id: 5, tier: hot}]\nposts: [1, 2]\nhashtags: [books]\n', "tikliveapi")
    # Five minutes, an hour, a day; one change in a round leads to the geometric mean of the tier's and the hot interval.
    moving = DAY_MS / round((300_000 * 3_600_000) ** 0.5)
    # A profile is read before its snapshot turns stale, every 20 hours.
    assert found["profile", "warm"] == Line("profile", "warm", 1, Credits(1.2, moving, 288))
    assert found["profile", "hot"] == Line("profile", "hot", 1, Credits(1.2, 288, 288))
    assert found["posts", "warm"].credits == Credits(1, moving, 2_880)
    assert found["comments", "warm"] == Line("comments", "warm", 2, Credits(2, 2 * moving, 2 * 5_760))
    assert found[LOOK_UPS, ""] == Line(LOOK_UPS, "", 1, Credits(1 / 7, 1 / 7, 1 / 7))
    assert found[BALANCE, ""].credits == Credits(48, 48, 48)
    assert set(found) == {
        ("profile", "warm"), ("profile", "hot"), ("posts", "warm"), ("posts", "hot"), ("post", "warm"), ("comments", "warm"),
        (LOOK_UPS, ""), (BALANCE, ""),
    }  # fmt: skip


def test_rounds_that_begin_with_a_look_up_cost_one_more() -> None:
    text = "tiers: {hot: 1h, warm: 1h, cold: 1h}\nfeeds: {creators: [posts]}\nmax_pages: {hashtag: 3}\n"
    found = lines(f"{text}creators: [5]\nhashtags: [books]\n", "tikapi")
    assert found["posts", "hot"].credits == Credits(48, 48, 24 * 11)
    assert found["hashtag", "hot"].credits == Credits(48, 48, 24 * 4)
    known = lines(f'{text}creators: ["@ada", MS4wLjABAAAA33711f7bbe199cc7]\n', "tikapi")
    assert known["posts", "hot"].credits == Credits(48, 48, 2 * 240)


def test_what_one_more_entry_costs() -> None:
    loaded = watchlist("feeds: {creators: [profile]}\n")
    costs = per_entry(loaded, UPSTREAMS["tikliveapi"], Subject.CREATOR)
    assert costs["hot"].moving == pytest.approx(288 + 1 / 7)
    assert costs["hot"].moving > costs["warm"].moving > costs["cold"].moving
    assert per_entry(loaded, UPSTREAMS["tikliveapi"], Subject.HASHTAG)["hot"] == Credits()


@pytest.fixture
def day(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[HandleDays]:
    clock = VirtualClock(START_MS)
    with FakeUpstream(SETTINGS, clock=clock.now_ms) as fake, new_client() as client:
        yield HandleDays(tmp_path, request.param, fake, clock, client)


@pytest.mark.http
@pytest.mark.parametrize("day", ["tikliveapi", "tikapi"], indirect=True)
def test_a_polled_day_costs_between_the_least_and_the_most(day: HandleDays) -> None:
    day.watch(
        *(f"@{user.unique_id}" for user in day.creators[:2]),
        more="credits_per_day: 100000\ntiers: {hot: 10m, warm: 1h, cold: 1d}\n",
    )
    day.run(days=0.999)
    found = estimate(watchlist((day.folder / "watchlist.yaml").read_text()), UPSTREAMS[day.upstream])
    asked = Counter(entry.endpoint for entry in day.fake.ledger.entries)
    for line in found.lines:
        endpoint = ENDPOINTS[day.upstream].get(line.feed)
        if endpoint is None:
            continue
        # A look-up is made on the first day, and counts as a profile.
        first = line.entries if line.feed in (LOOK_UPS, Feed.PROFILE.value) else 0
        assert line.credits.asleep - first <= asked[endpoint] <= line.credits.most + line.entries, line
    assert found.total.asleep <= asked.total() <= found.total.most
    # Creators of the universe move: the day is no sleep.
    assert asked.total() > 0.5 * found.total.moving
