"""TikLiveAPI: flat posts in snake_case, users in camelCase, cursors with `hasMore`, and followers that page by `time`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.upstream.by_endpoint import ByEndpoint, Endpoint
from connectors.upstream.model import Feed, Told
from connectors.upstream.paging import CURSOR, TIME
from connectors.upstream.personal import TIKTOK, Kind, PersonalFields
from connectors.upstream.requests import COMMENT_NAMES, CREATOR_NAMES, HANDLE_NAMES, POST_NAMES, subject_of
from connectors.upstream.shapes import Shape, has_item_with, told_by
from connectors.upstream.tables import tables_of

# Posts a page, as the documents ask for.
POSTS_PER_PAGE = 35


def _is_post(body: Mapping[str, Any]) -> bool:
    return "play_count" in body and ("aweme_id" in body or "video_id" in body or ("id" in body and "create_time" in body))


def _is_profile(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("user"), Mapping) and ("stats" in body or "statsV2" in body)


def _is_comment(body: Mapping[str, Any]) -> bool:
    return "id" in body and "cid" not in body and "text" in body and "user" in body and ("video_id" in body or "digg_count" in body)


_PROFILE = Shape(is_item=_is_profile, loose=lambda body: "user" in body or "stats" in body)
_POST = Shape(is_item=_is_post, loose=lambda body: "aweme_id" in body or "play_count" in body)
_POSTS = Shape(("videos",), is_item=_is_post)
_COMMENTS = Shape(("comments",), is_item=_is_comment)
_A_PAGE = {"count": str(POSTS_PER_PAGE)}
_ENDPOINTS = {
    Feed.PROFILE: Endpoint("/userinfo-by-id/", "userid", CREATOR_NAMES, _PROFILE),
    Feed.POSTS: Endpoint("/user-posts/", "userid", CREATOR_NAMES, _POSTS, CURSOR, _A_PAGE),
    Feed.POST: Endpoint("/post-detail/", "aweme_id", POST_NAMES, _POST),
    Feed.COMMENTS: Endpoint("/post-comments/", "aweme_id", POST_NAMES, _COMMENTS, CURSOR),
    Feed.REPLIES: Endpoint("/post-comment-replies/", "comment_id", COMMENT_NAMES, _COMMENTS, CURSOR),
    Feed.FOLLOWERS: Endpoint("/user-followers/", "userid", CREATOR_NAMES, Shape(("followers",)), TIME),
    Feed.FOLLOWING: Endpoint("/user-following/", "userid", CREATOR_NAMES, Shape(("followings",)), TIME),
}


class TikLiveApi(ByEndpoint):
    """The dialect. It has no hashtags."""

    name = "tikliveapi"
    base_url = "https://api.tikliveapi.com"
    endpoints = _ENDPOINTS
    handles = Endpoint("/userinfo-by-username/", "username", HANDLE_NAMES, _PROFILE)
    tables = tables_of(posts="flat", users="web", comments="flat")
    personal = TIKTOK | PersonalFields(
        {
            Kind.ID: "author_id author_user_id followers.id followings.id",
            Kind.NICKNAME: "music_info.author",
            Kind.SECUID: "sec_id author_sec_id",
            Kind.MEDIA: "avatar_url play wmplay hdplay",
            Kind.SENTENCE: "music_info.title",
        }
    )
    key_field = "X-Api-Key"
    balance_path = "/profile/"
    # The documents leave the answer's form open.
    balance_names = ("credits", "balance")

    def endpoints_of(self, body: Mapping[str, Any], params: Mapping[str, str], by: Told) -> list[str]:
        """As in `Dialect`."""
        if by is Told.ITEM and (_is_post(body) or ("aweme_id" in body and not {"cid", "statistics"} & body.keys())):
            return [self.endpoints[Feed.POST].path]
        comments = Feed.REPLIES if subject_of(params, COMMENT_NAMES) else Feed.COMMENTS
        feeds = [Feed.POSTS, comments, Feed.FOLLOWERS, Feed.FOLLOWING]
        if "comments" in body and ("status_code" in body or has_item_with(body, "comments", "cid")):
            feeds.remove(comments)  # TikTok's own
        profile = [self.endpoints[Feed.PROFILE].path] if by is Told.ITEM and "user" in body and "stats" in body else []
        return [*profile, *told_by(self.shapes(feeds), body, by, first=not profile)]
