"""Every dialect reads what its own fake answers: each page of each feed, and the counters that were served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.clock import HOUR_MS
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Call, Feed, Observation, Page
from connectors.upstream.records import COMMENTS, POSTS, USERS
from simulator.settings import SimulationSettings
from simulator.universe import FOREVER_MS
from simulator.upstream.answers import Served
from simulator.upstream.script import QUIET
from simulator.upstream.service import DEMO_KEY, Outcome, Service
from simulator.upstream.world import World

SETTINGS = SimulationSettings(seed=7, hours=24, creators=5, posts=400, audience=120)
WORLD = World(SETTINGS, comments_per_post=90)
NOON_MS = SETTINGS.start_ms + 12 * HOUR_MS
LONG = (Feed.POSTS, Feed.HASHTAG, Feed.COMMENTS)
IDS = {POSTS: "aweme_id", USERS: "userid", COMMENTS: "id"}
CREATOR = max(
    (user for user in WORLD.universe.creators if not user.private), key=lambda user: len(WORLD.posts_of(user.userid, NOON_MS))
)
POST = max(
    (one.post for one in WORLD.posts_of(CREATOR.userid, NOON_MS) if one.post.deleted_ms == FOREVER_MS),
    key=lambda post: len(WORLD.comments(post, NOON_MS)),
)
COMMENT = max(WORLD.comments(POST, NOON_MS), key=lambda comment: len(WORLD.replies(POST, comment.id, NOON_MS)))
HASHTAG = max(WORLD.hashtags(), key=lambda name: len(WORLD.posts_under(name, NOON_MS)))


def first(upstream: str, feed: Feed) -> Ask:
    """What asks for the feed's first page; `LONG` ones have another."""
    match feed:
        case Feed.POST | Feed.COMMENTS:
            return Ask(feed, POST.aweme_id)
        case Feed.REPLIES:
            return Ask(feed, COMMENT.id, parent=POST.aweme_id)
        case Feed.HASHTAG:
            return Ask(feed, HASHTAG)
    return Ask(feed, UPSTREAMS[upstream].creator(CREATOR.userid, CREATOR.sec_uid))


def asked(service: Service, call: Call) -> Outcome:
    return service.answer(call.path, call.params, DEMO_KEY)


def received(outcome: Outcome) -> Answer:
    return Answer(outcome.status, {}, outcome.body, NOON_MS)


def counted(seen: Observation, served: Served) -> tuple[str, str, Mapping[str, Any]]:
    """What of `served` was read."""
    counters: Mapping[str, Any] = seen.record["stats"] if seen.topic == USERS else seen.record
    return seen.topic, seen.record[IDS[seen.topic]], {name: counters[name] for name in served.counters}


@pytest.mark.parametrize(
    ("upstream", "feed"), [(name, feed) for name, dialect in UPSTREAMS.items() for feed in sorted(dialect.feeds)]
)
def test_a_dialect_reads_all_that_its_fake_shows(upstream: str, feed: Feed) -> None:
    dialect, service = UPSTREAMS[upstream], Service(WORLD, QUIET, lambda: NOON_MS)
    ask, pages = first(upstream, feed), 0
    while True:
        outcome = asked(service, dialect.call(ask))
        page = dialect.read(ask, received(outcome))
        assert isinstance(page, Page), page
        assert [seen.problem for seen in page.observations if seen.problem] == []
        served = outcome.entry.observations
        read = [counted(seen, shown) for seen, shown in zip(page.observations, served, strict=True)]
        assert read == [(shown.topic, shown.id, dict(shown.counters)) for shown in served]
        assert served or feed in RAW_ONLY or feed is Feed.HASHTAG, "only the name of a hashtag leads to no post"
        pages += 1
        if page.cursor is None:
            break
        ask = replace(ask, cursor=page.cursor)
    assert pages > 1 or feed not in LONG


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_a_fake_takes_the_key_where_its_dialect_sends_it(upstream: str) -> None:
    service = Service(WORLD, QUIET, lambda: NOON_MS)
    for key, wanted in ((DEMO_KEY, DEMO_KEY), ("another", None)):
        sent = {name.lower(): value for name, value in UPSTREAMS[upstream].authorization(key).items()}
        assert service.key_in({"host": DEMO_KEY, **sent}) == wanted


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_a_dialect_reads_the_balance_of_its_fake(upstream: str) -> None:
    dialect, service = UPSTREAMS[upstream], Service(WORLD, QUIET, lambda: NOON_MS, credits=7)
    assert dialect.read_credits(received(asked(service, dialect.credits_call()))) == service.accounts[upstream].left == 6
