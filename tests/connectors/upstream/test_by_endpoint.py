"""A service of which nothing but its table of endpoints is given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.upstream.by_endpoint import ByEndpoint, Endpoint
from connectors.upstream.model import Answer, Ask, Call, Feed, Page, Sighting, Told
from connectors.upstream.paging import OFFSET
from connectors.upstream.shapes import Shape
from connectors.upstream.tables import tables_of

AT = 1_764_000_000_123
POST: dict[str, Any] = {"aweme_id": "7301", "title": "x", "play_count": 5, "create_time": 1_700_000_000, "author_id": "68"}
ENDPOINTS = {
    Feed.HASHTAG: Endpoint("/tags/posts", "tag", ("tag",), Shape(("posts",), is_item=lambda body: "play_count" in body), OFFSET),
    Feed.COMMENTS: Endpoint("/comments", "post", ("post",), Shape(("comments",)), OFFSET),
    Feed.REPLIES: Endpoint("/replies", "comment", ("comment",), Shape(("comments",)), OFFSET),
}


class Tags(ByEndpoint):
    """Nobody's."""

    name = "nobodys"
    base_url = "https://tags.example"
    endpoints = ENDPOINTS
    tables = tables_of(posts="flat", users="web", comments="flat")
    balance_path = "/account"


TAGS = Tags()


def test_posts_under_a_hashtag_show_their_authors() -> None:
    ask = Ask(Feed.HASHTAG, "cats")
    assert TAGS.call(ask) == Call("/tags/posts", "/tags/posts", {"tag": "cats"})
    body = {"posts": [POST, {**POST, "play_count": None}, {**POST, "author_id": "69"}], "offset": 3, "hasMore": True}
    page = TAGS.read(ask, Answer(200, {}, json.dumps(body).encode(), AT))
    assert isinstance(page, Page)
    assert [seen.problem is None for seen in page.observations] == [True, False, True]
    assert page.people == (Sighting("68", "68", is_author=True), Sighting("69", "69", is_author=True))
    assert TAGS.call(Ask(Feed.HASHTAG, "cats", page.cursor)).params == {"tag": "cats", "offset": "3"}


@pytest.mark.parametrize(
    ("body", "params", "endpoints"),
    [
        ({"posts": [POST]}, {}, ["/tags/posts"]),
        (POST, {}, ["/tags/posts"]),
        ({"comments": [{"id": "1"}]}, {}, ["/comments"]),
        ({"comments": [{"id": "1"}]}, {"comment_id": "9"}, ["/replies"]),
        ({"videos": [POST]}, {}, []),
    ],
)
def test_bodies_are_told_by_the_shapes_of_the_endpoints(body: dict[str, Any], params: dict[str, str], endpoints: list[str]) -> None:
    assert TAGS.endpoints_of(body, params, Told.ITEM) == endpoints


@pytest.mark.parametrize("handles", [None, Endpoint("/by-name", "handle", ("handle",), Shape())])
def test_a_handle_is_asked_for_where_there_is_an_endpoint_for_it(handles: Endpoint | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tags, "handles", handles)
    monkeypatch.setattr(Tags, "endpoints", {Feed.PROFILE: Endpoint("/profile", "id", ("id",), Shape())})
    call = TAGS.call(Ask(Feed.PROFILE, "@ada"))
    assert (call.path, dict(call.params)) == (("/profile", {"id": "@ada"}) if handles is None else ("/by-name", {"handle": "ada"}))
    asked = TAGS.asked(call.path, call.params)
    assert asked == Ask(Feed.PROFILE, "@ada")


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "key_refused"), (429, "request_limit"), (503, "unavailable"), (404, "unknown_404")]
)
def test_statuses_mean_what_they_mean_everywhere_without_a_file_of_its_own(status: int, reason: str) -> None:
    read = TAGS.read(Ask(Feed.HASHTAG, "cats"), Answer(status, {}, b"{}", AT))
    assert getattr(read, "reason", None) == reason
