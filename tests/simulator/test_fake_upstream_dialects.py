"""What the fake upstream answers on a quiet day: shapes, paging, and counters that are the universe's at that time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from connectors.clock import HOUR_MS
from connectors.upstream.captured import read_captured
from connectors.upstream.catalog import UPSTREAMS
from simulator.curves import counters
from simulator.settings import SimulationSettings
from simulator.universe import FOREVER_MS, Post
from simulator.upstream.answers import STRAIGHT, Bend, cut
from simulator.upstream.script import QUIET
from simulator.upstream.service import DEMO_KEY, Outcome, Service
from simulator.upstream.world import World, after, in_order

SETTINGS = SimulationSettings(seed=7, hours=24, creators=12, posts=500, audience=120)
WORLD = World(SETTINGS, comments_per_post=90)
NOON_MS = SETTINGS.start_ms + 12 * HOUR_MS
PUBLIC = [user for user in WORLD.universe.creators if not user.private]
Body = dict[str, Any]


def at(now_ms: int, **options: Any) -> Service:
    return Service(WORLD, QUIET, lambda: now_ms, **options)


def fetch(path: str, now_ms: int = NOON_MS, **params: str | int) -> Body:
    outcome = at(now_ms).answer(path, {name: str(value) for name, value in params.items()}, DEMO_KEY)
    assert outcome.status == 200, outcome.body
    return dict(json.loads(outcome.body))


def asked(path: str, now_ms: int, cursor: int | None, **params: str | int) -> Body:
    return fetch(path, now_ms, cursor=cursor or 0, **params)


def refused(path: str, now_ms: int = NOON_MS, **params: str | int) -> tuple[int, Body]:
    outcome: Outcome = at(now_ms).answer(path, {name: str(value) for name, value in params.items()}, DEMO_KEY)
    return outcome.status, json.loads(outcome.body)


def pages(fetch_page: Callable[[Any], Body], key: str, more: Callable[[Body], bool], cursor: str = "cursor") -> list[list[Body]]:
    found, at_cursor = [], None
    while True:
        body = fetch_page(at_cursor)
        found.append(body[key])
        if not more(body):
            return found
        assert body[key], "a page before the last one is empty"
        at_cursor = body[cursor]


def posts_at(now_ms: int, userid: str) -> list[Post]:
    index = next(i for i, user in enumerate(WORLD.universe.creators) if user.userid == userid)
    there = [post for post in WORLD.universe.posts if post.author == index and post.create_ms <= now_ms < post.deleted_ms]
    return sorted(there, key=lambda post: -post.create_ms)


def a_post() -> Post:
    """A public post that is there at noon, with at least 40 comments."""
    for post in WORLD.universe.posts:
        there = post.create_ms < NOON_MS and post.deleted_ms == FOREVER_MS and not WORLD.author(post).private
        if there and len(WORLD.comments(post, NOON_MS)) >= 40:
            return post
    raise AssertionError("no such post in this universe")


@pytest.mark.parametrize("userid", [user.userid for user in PUBLIC])
def test_pages_of_posts_cover_all_of_them_once_newest_first(userid: str) -> None:
    expected = [post.aweme_id for post in posts_at(NOON_MS, userid)]
    for count in (7, 35):
        found = pages(
            partial(asked, "/user-posts/", NOON_MS, userid=userid, count=count),
            "videos",
            lambda body: body["hasMore"],
        )
        assert [len(page) <= count for page in found] == [True] * len(found)
        assert [post["aweme_id"] for page in found for post in page] == expected
    nested = pages(
        lambda cursor: fetch("/public/posts", secUid=WORLD.user(userid)[0].sec_uid, **({"cursor": cursor} if cursor else {})),  # type: ignore[index]
        "itemList",
        lambda body: body["hasMore"],
    )
    assert [post["id"] for page in nested for post in page] == expected


def test_posts_of_the_same_second_are_not_lost_between_pages() -> None:
    """A cursor made of the time alone would skip the second of two twins at the end of a page."""
    placed = list(
        in_order([replace(post, create_ms=post.create_ms // 7_200_000 * 7_200_000) for post in WORLD.universe.posts[:60]])
    )
    assert len({one.post.create_ms for one in placed}) < len(placed), "this universe has no twins"
    for size in (1, 2, 3):
        seen, offset = [], 0
        while True:
            page, following = cut(placed, offset, size, STRAIGHT)
            seen += page
            if following >= len(placed):
                break
            offset = after(placed, placed[following - 1].position_ms)
        assert seen == placed
    assert len({one.position_ms for one in placed}) == len(placed)


@pytest.mark.parametrize("hours", [-3, 0, 5, 12, 23])
def test_counters_are_the_universes_at_that_time(hours: int) -> None:
    now_ms = SETTINGS.start_ms + hours * HOUR_MS
    for user in PUBLIC[:4]:
        for video in fetch("/user-posts/", now_ms, userid=user.userid)["videos"]:
            post = next(one for one in WORLD.universe.posts if one.aweme_id == video["aweme_id"])
            expected = counters(post.growth, post.rates, post.dips, post.create_ms, now_ms)
            assert {name: video[name] for name in expected} == expected
            assert fetch("/post-detail/", now_ms, aweme_id=post.aweme_id) == video
            stats = fetch("/public/video", now_ms, id=post.aweme_id)["itemInfo"]["itemStruct"]["stats"]
            assert (stats["playCount"], stats["diggCount"]) == (expected["play_count"], expected["digg_count"])
            assert list(stats.values()) == [number for name, number in expected.items() if name != "download_count"]
        profile = fetch("/userinfo-by-id/", now_ms, userid=user.userid)
        assert profile["stats"]["followerCount"] == user.followers_at(now_ms - SETTINGS.start_ms, now_ms)
        for name in (user.unique_id, user.unique_id.upper()):
            assert fetch("/public/check", now_ms, username=name)["userInfo"] == profile
            assert fetch("/userinfo-by-username/", now_ms, username=name) == profile


@pytest.mark.parametrize("path", ["/userinfo-by-username/", "/public/check"])
def test_a_handle_leads_to_nobody_but_who_is_called_so(path: str) -> None:
    world = World(SETTINGS)
    service = Service(world, QUIET, lambda: NOON_MS)
    ada, bob = [user for user in world.universe.creators if not user.private][:2]

    def asked(name: str) -> tuple[int, str]:
        outcome = service.answer(path, {"username": name}, DEMO_KEY)
        body = json.loads(outcome.body)
        return outcome.status, str(body.get("statusCode") or body.get("userInfo", body)["user"]["id"])

    assert (asked(ada.unique_id), asked("nobody.at.all")) == ((200, ada.userid), (403, "10202"))
    assert {asked(name) for name in (ada.userid, ada.sec_uid, f"@{ada.unique_id}")} == {(403, "10202")}
    assert list(json.loads(service.answer(path, {"userid": ""}, DEMO_KEY).body)["fields"]) == ["username"]
    world.rename(bob.userid, ada.unique_id.title())
    assert (asked(ada.unique_id), asked(bob.unique_id)) == ((200, bob.userid), (403, "10202"))
    by_id = json.loads(service.answer("/userinfo-by-id/", {"userid": ada.userid}, DEMO_KEY).body)
    assert by_id["user"]["uniqueId"] == ""


def test_what_is_not_there_yet_is_not_shown() -> None:
    later = next(post for post in WORLD.universe.posts if post.create_ms > NOON_MS and not WORLD.author(post).private)
    author = WORLD.author(later).userid
    assert refused("/post-detail/", aweme_id=later.aweme_id)[1]["statusCode"] == 10204
    assert later.aweme_id not in [video["aweme_id"] for video in fetch("/user-posts/", userid=author)["videos"]]
    first = fetch("/user-posts/", later.create_ms, userid=author)["videos"][0]
    assert first["aweme_id"] == later.aweme_id
    assert first["play_count"] == 0


def test_comments_come_with_time_and_their_likes_never_fall() -> None:
    post = a_post()
    seen: dict[str, int] = {}
    for hours in (6, 12, 18):
        now_ms = SETTINGS.start_ms + hours * HOUR_MS
        found = pages(
            partial(asked, "/post-comments/", now_ms, aweme_id=post.aweme_id, count=10),
            "comments",
            lambda body: body["hasMore"],
        )
        listed = [comment for page in found for comment in page]
        assert len({comment["id"] for comment in listed}) == len(listed)
        assert [c["create_time"] for c in listed] == sorted((c["create_time"] for c in listed), reverse=True)
        assert all(post.create_ms // 1000 <= comment["create_time"] <= now_ms // 1000 for comment in listed)
        for comment in listed:
            assert comment["digg_count"] >= seen.get(comment["id"], 0)
        assert seen.keys() <= {comment["id"] for comment in listed}
        seen = {comment["id"]: comment["digg_count"] for comment in listed}


def test_replies_are_listed_under_their_comment_only() -> None:
    post = a_post()
    body = fetch("/post-comments/", aweme_id=post.aweme_id)
    assert set(body) == {"comments", "total", "cursor", "hasMore"}
    asked = next(comment for comment in WORLD.comments(post, NOON_MS) if WORLD.replies(post, comment.id, NOON_MS))
    replies = fetch("/post-comment-replies/", video_id=post.aweme_id, comment_id=asked.id)
    tops = {comment.id for comment in WORLD.comments(post, NOON_MS)}
    assert replies["comments"]
    assert not tops & {reply["id"] for reply in replies["comments"]}
    nested = fetch("/comment/reply/list", media_id=post.aweme_id, comment_id=asked.id)
    assert [reply["cid"] for reply in nested["comments"]] == [reply["id"] for reply in replies["comments"]]
    assert {reply["reply_id"] for reply in nested["comments"]} == {asked.id}
    shown = fetch("/comment/list", media_id=post.aweme_id)["comments"][0]
    assert {"cid", "aweme_id", "text", "create_time", "digg_count", "reply_comment_total", "user"} <= set(shown)


def test_comment_lists_of_tikapi_page_by_number_and_say_so_by_number() -> None:
    post = a_post()
    first = fetch("/comment/list", media_id=post.aweme_id, count=30)
    assert (first["cursor"], first["has_more"], len(first["comments"])) == (20, 1, 20)
    found = pages(
        lambda cursor: fetch("/comment/list", media_id=post.aweme_id, cursor=cursor or 0),
        "comments",
        lambda body: body["has_more"] == 1,
    )
    cids = [comment["cid"] for page in found for comment in page]
    assert cids == [comment.id for comment in WORLD.comments(post, NOON_MS)]
    assert first["total"] == len(cids)


def test_a_hashtag_is_asked_by_name_then_by_id() -> None:
    name = max(WORLD.hashtags(), key=lambda tag: len(WORLD.posts_under(tag, NOON_MS)))
    by_name = fetch("/public/hashtag", name=name)
    assert by_name["itemList"] == []
    number = by_name["challengeInfo"]["challenge"]["id"]
    found = pages(
        lambda cursor: fetch("/public/hashtag", id=number, **({"cursor": cursor} if cursor else {})),
        "itemList",
        lambda body: body["hasMore"],
    )
    assert len(found) > 1
    ids = [post["id"] for page in found for post in page]
    assert ids == [one.post.aweme_id for one in WORLD.posts_under(name, NOON_MS)]
    assert isinstance(fetch("/public/hashtag", id=number)["cursor"], str)
    assert refused("/public/hashtag", name="no-such-tag")[1]["statusCode"] == 10205


@pytest.mark.parametrize(("path", "key"), [("/user-followers/", "followers"), ("/user-following/", "followings")])
def test_the_graph_pages_by_time(path: str, key: str) -> None:
    userid = PUBLIC[0].userid
    found = pages(
        lambda time: fetch(path, userid=userid, count=9, **({"time": time} if time else {})),
        key,
        lambda body: body["hasMore"],
        "time",
    )
    edges = WORLD.edges(userid, key == "followers", NOON_MS)
    assert [user["id"] for page in found for user in page] == [edge.user.userid for edge in edges]
    path_there = "/public/followers" if key == "followers" else "/public/following"
    nested = pages(
        lambda cursor: fetch(path_there, secUid=PUBLIC[0].sec_uid, count=9, **({"nextCursor": cursor} if cursor else {})),
        "userList",
        lambda body: body["hasMore"],
        "nextCursor",
    )
    assert [user["user"]["id"] for page in nested for user in page] == [edge.user.userid for edge in edges]


def test_answers_are_what_the_importer_reads_whoever_gives_them() -> None:
    post = a_post()
    author = WORLD.author(post)
    bodies = [
        fetch("/user-posts/", userid=author.userid),
        fetch("/post-detail/", aweme_id=post.aweme_id),
        fetch("/post-comments/", aweme_id=post.aweme_id),
        fetch("/userinfo-by-id/", userid=PUBLIC[0].userid),
        fetch("/public/posts", secUid=author.sec_uid),
        fetch("/public/video", id=post.aweme_id),
        fetch("/comment/list", media_id=post.aweme_id),
        fetch("/public/check", username=author.unique_id),
    ]
    for body in bodies:
        captured = read_captured(json.dumps(body), "", NOON_MS)
        assert ([seen.problem for seen in captured.observations if seen.problem], captured.skipped) == ([], "")
        assert captured.observations


def test_errors_name_what_is_wrong() -> None:
    status, body = refused("/user-posts/")
    assert (status, body["status"], list(body["fields"])) == (400, "error", ["userid"])
    assert refused("/public/posts", secUid=PUBLIC[0].sec_uid, count=31)[0] == 400
    assert refused("/user-posts/", userid=PUBLIC[0].userid, cursor="abc")[1]["fields"].keys() == {"cursor"}
    assert refused("/public/followers", secUid=PUBLIC[0].sec_uid, nextCursor="5")[0] == 400
    assert refused("/userinfo-by-id/", userid="1")[1]["statusCode"] == 10202
    gone = next(p for p in WORLD.universe.posts if max(p.create_ms, p.deleted_ms) < SETTINGS.end_ms and not WORLD.author(p).private)
    assert fetch("/post-detail/", gone.deleted_ms - 1, aweme_id=gone.aweme_id)["aweme_id"] == gone.aweme_id
    status, body = refused("/post-detail/", gone.deleted_ms, aweme_id=gone.aweme_id)
    assert (status, body["statusCode"]) == (403, 2054)
    assert refused("/no-such-path/")[0] == 404


def test_a_private_account_shows_its_profile_and_nothing_else() -> None:
    world = World(SimulationSettings(seed=7, creators=300, posts=600, audience=10))
    hidden = next(user for user in world.universe.creators if user.private and world.posts_of(user.userid, NOON_MS))
    service = Service(world, QUIET, lambda: NOON_MS)
    profile = json.loads(service.answer("/userinfo-by-id/", {"userid": hidden.userid}, DEMO_KEY).body)
    assert profile["user"]["privateAccount"] is True
    post = world.posts_of(hidden.userid, NOON_MS)[0].post
    for path, params in (
        ("/user-posts/", {"userid": hidden.userid}),
        ("/post-detail/", {"aweme_id": post.aweme_id}),
        ("/comment/list", {"media_id": post.aweme_id}),
    ):
        outcome = service.answer(path, params, DEMO_KEY)
        assert (outcome.status, json.loads(outcome.body)["statusCode"]) == (403, 10216)


def test_each_request_costs_a_credit_until_none_is_left() -> None:
    service = at(NOON_MS, credits=3)
    params = {"userid": PUBLIC[0].userid}
    assert [service.answer("/userinfo-by-id/", params, DEMO_KEY).entry.credits for _ in range(2)] == [2, 1]
    assert service.answer("/userinfo-by-id/", {"userid": "1"}, DEMO_KEY).entry.credits == 0
    assert service.answer("/userinfo-by-id/", params, DEMO_KEY).status == 429
    assert json.loads(service.answer("/profile/", {}, DEMO_KEY).body)["credits"] == 0
    other = json.loads(service.answer("/key", {}, DEMO_KEY).body)
    assert {"credits", "bandwidth", "date_expiry", "has_expired", "logs_count", "plan_id", "subscription_active"} <= set(other)
    assert other["credits"] == 2
    assert service.answer("/userinfo-by-id/", params, "another").status == 401
    assert service.answer("/userinfo-by-id/", params, None).status == 401


def test_daily_credits_come_back_at_midnight() -> None:
    now = [NOON_MS]
    service = Service(WORLD, QUIET, lambda: now[0], credits=1, daily=True)
    ask: Callable[[], int] = lambda: service.answer("/userinfo-by-id/", {"userid": PUBLIC[0].userid}, DEMO_KEY).status  # noqa: E731
    assert [ask(), ask()] == [200, 429]
    now[0] = SETTINGS.start_ms + 24 * HOUR_MS
    assert [ask(), ask()] == [200, 429]


def test_cut_knows_every_way_to_bend_a_page() -> None:
    items = list(range(10))
    assert cut(items, 3, 3, STRAIGHT) == ([3, 4, 5], 6)
    assert cut(items, 9, 3, STRAIGHT) == ([9], 10)
    assert cut(items, 3, 3, Bend(repeat=True)) == ([0, 1, 2], 3)
    assert cut(items, 0, 3, Bend(repeat=True)) == ([0, 1, 2], 3)
    assert cut(items, 3, 3, Bend(shift=2)) == ([1, 2, 3], 4)
    assert cut(items, 3, 3, Bend(shift=99)) == ([1, 2, 3], 4)
    assert cut(items, 3, 3, Bend(shift=-1)) == ([4, 5, 6], 7)
    assert cut(items, 0, 3, Bend(shift=2)) == ([0, 1, 2], 3)
    assert [cut(items, offset, 5, Bend(swap=True))[0][0] for offset in (0, 5)] == [5, 0]


def test_dialects_do_not_share_a_path() -> None:
    dialects = at(NOON_MS).dialects
    assert [dialect.name for dialect in dialects] == list(UPSTREAMS)
    paths = [path.rstrip("/") for dialect in dialects for path in (*dialect.endpoints, *dialect.balance_endpoints)]
    assert len(set(paths)) == len(paths)
