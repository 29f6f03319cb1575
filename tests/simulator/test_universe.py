"""What a universe must hold for the marts to have something to find."""

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.curves import Curve, counters
from simulator.delivery import simulate
from simulator.settings import POSTS, USERS, SimulationSettings
from simulator.truth import post_labels, viral_hours
from simulator.universe import FOREVER_MS, TIERS, build_universe

SETTINGS = SimulationSettings(hours=26, creators=40, posts=300, audience=50, topics=(POSTS, USERS))
UNIVERSE = build_universe(SETTINGS)


def test_small_universes_show_one_of_everything() -> None:
    small = build_universe(SimulationSettings(creators=5, posts=8, audience=5))
    assert {user.tier for user in small.creators} == {tier[0] for tier in TIERS}
    assert {post.growth.curve for post in small.posts} == set(Curve)
    assert {dip.kind for post in small.posts for dip in post.dips} == {"comments_deleted", "likes_removed", "cache_flap"}
    assert any(post.deleted_ms < FOREVER_MS for post in small.posts)


def test_ids_are_unique_and_followers_within_their_tier() -> None:
    assert len({post.aweme_id for post in UNIVERSE.posts}) == 300
    assert len({user.userid for user in (*UNIVERSE.creators, *UNIVERSE.audience)}) == 90
    limits = {name: (least, most) for name, least, most, _ in TIERS}
    assert all(limits[user.tier][0] <= user.followers <= limits[user.tier][1] for user in UNIVERSE.creators)


def test_plays_never_fall_and_dips_make_counters_fall() -> None:
    for post in UNIVERSE.posts:
        plays = [post.growth.plays(age) for age in range(-HOUR_MS, 40 * HOUR_MS, 17 * MINUTE_MS)]
        assert plays == sorted(plays)
        assert plays[0] == 0
    for kind, counter in (("comments_deleted", "comment_count"), ("likes_removed", "digg_count"), ("cache_flap", "play_count")):
        post = next(p for p in UNIVERSE.posts if [d.kind for d in p.dips] == [kind] and p.growth.plays(HOUR_MS) > 10_000)
        at_ms = post.dips[0].at_ms
        before, after = (counters(post.growth, post.rates, post.dips, post.create_ms, at_ms + step)[counter] for step in (-1, 1))
        assert 0 <= after < before


def test_deleted_posts_stop_being_served() -> None:
    last: dict[str, int] = {}
    for d in simulate(SETTINGS):
        if d.topic == POSTS:
            last[d.key] = d.record["ingested_at"]
    deleted = [post for post in UNIVERSE.posts if post.deleted_ms < SETTINGS.end_ms]
    assert deleted
    assert all(last.get(post.aweme_id, 0) < post.deleted_ms for post in deleted)


def test_viral_hours_are_labelled_where_plays_rise() -> None:
    viral = [post for post in UNIVERSE.posts if list(viral_hours(SETTINGS, post))]
    assert viral
    assert all(post.growth.curve is Curve.VIRAL for post in viral)
    labels = {label["aweme_id"]: label for label in post_labels(SETTINGS, UNIVERSE)}
    assert len(labels) == 300
    assert all(labels[post.aweme_id]["viral_hours"] for post in viral)


def test_followers_jump_by_at_least_50_thousand_somewhere() -> None:
    jump = next(jump for user in UNIVERSE.creators for jump in user.jumps if jump.size > 0)
    user = next(user for user in UNIVERSE.creators if jump in user.jumps)
    before, after = (user.followers_at(at - SETTINGS.start_ms, at) for at in (jump.at_ms, jump.at_ms + 2 * HOUR_MS))
    assert after - before >= 50_000
