"""One list of personal fields per upstream; everything that protects people follows from it."""

from __future__ import annotations

import json

import pytest

from connectors.upstream.catalog import PERSONAL, UPSTREAMS
from connectors.upstream.personal import NAMES, Kind, PersonalFields, plain
from tests.connectors.upstream.recorded import cases


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.ID, "userid authorid uid author_user_id"),
        (Kind.HANDLE, "uniqueid username authorname user_name author_name"),
        (Kind.NICKNAME, "nickname nick_name"),
        (Kind.SECUID, "secuid secid authorsecid sec_uid"),
        (Kind.ELSEWHERE, "insid twitterid twittername youtubechannelid youtubechanneltitle biolink"),
        (Kind.PERSON, "user author"),
        (Kind.CAPTION, "title desc description"),
        (Kind.WORDS, "text signature bio"),
        (Kind.MEDIA, "avatarurl avatar play wmplay hdplay cover playAddr downloadAddr"),
    ],
)
def test_fields_and_their_kinds(kind: Kind, names: str) -> None:
    for name in names.split():
        assert PERSONAL.kind(name) is kind, name
        assert PERSONAL.kind(name.upper(), "anything") is kind, name
    assert PERSONAL.of(kind) >= {plain(name) for name in names.split()}


def test_what_a_field_says_depends_on_the_object_that_it_is_in() -> None:
    assert [PERSONAL.kind("id", within) for within in ("user", "author", "followers", "music", "")] == [Kind.ID] * 3 + [None] * 2
    assert [PERSONAL.kind("title", within) for within in ("music", "music_info", "")] == [
        Kind.SENTENCE,
        Kind.SENTENCE,
        Kind.CAPTION,
    ]
    assert "id" not in PERSONAL.of(Kind.ID)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.HANDLE, "ownerHandle reply_to_username duetFromUniqueId mentionUserName"),
        (Kind.NICKNAME, "owner_nickname displayName replyToNickname remark_name real_name first_name"),
        (Kind.SECUID, "authorSecUid to_sec_uid followerSecUid sec_user_id.secSecUid"),
        (Kind.MEDIA, "coverUrl url_list Url playUrl video_thumb PlayAddr bitrateUrlList"),
        (Kind.ELSEWHERE, "contactEmail bizPhone user_whatsapp whatsappNumber website instagram_id contact email bioEmail"),
    ],
)
def test_a_field_that_no_list_has_is_known_by_the_end_of_its_name_and_owns_nothing(kind: Kind, names: str) -> None:
    for name in names.split():
        field = name.rpartition(".")[2]
        assert PERSONAL.kind(field) is kind, field
        assert plain(field) == "secuid" or PERSONAL.owner(field, "x") is None, field


def test_counters_ids_of_posts_and_hashtags_say_nothing_of_a_person() -> None:
    for name in (
        "id",
        "cid",
        "aweme_id",
        "playCount",
        "digg_count",
        "createTime",
        "region",
        "cursor",
        "hasMore",
        "chaId",
        "musicId",
        "start",
    ):
        assert PERSONAL.said(name, "7") is None, name
    assert PERSONAL.kind("hashtagName") is Kind.TAG


def test_a_value_may_say_more_than_its_field() -> None:
    assert PERSONAL.said("author", "ada") is Kind.HANDLE
    assert PERSONAL.said("author", {}) is Kind.PERSON
    assert PERSONAL.said("pic", "https://p16.tiktokcdn.com/tos-maliva/1~c5.jpeg?x=1") is Kind.MEDIA
    assert PERSONAL.said("share", "https://www.tiktok.com/@ada/video/1") is None
    authors: list[object] = ["ada", "42", 42, None, {}]
    assert [PERSONAL.owner("author", value) for value in authors] == [Kind.HANDLE, Kind.ID, Kind.ID, None, None]
    assert [PERSONAL.owner("userId", value) for value in ("", "0", 0, None, "42")] == [None] * 4 + [Kind.ID]


def test_a_field_of_two_kinds_is_refused() -> None:
    with pytest.raises(ValueError, match="nick_name is both handle and nickname"):
        PersonalFields({Kind.HANDLE: "nickname", Kind.NICKNAME: "nick_name"})
    with pytest.raises(ValueError, match=r"a\.b is both id and words"):
        PersonalFields({Kind.ID: "a.b"}) | PersonalFields({Kind.WORDS: "A.b"})


def test_every_name_of_the_recorded_cases_is_known_to_its_own_upstream() -> None:
    """Values that the cases give to people, wherever they stand: no field of another name may hold one."""
    people = {"ada", "Ada", "bob", "Bob", "MS4wLjABAAAAx", "MS4wLjABAAAAsHntXC3s0Avx"}
    for case in cases():
        fields = UPSTREAMS[case.upstream].personal
        try:
            body = json.loads(case.answer.body)
        except ValueError:
            continue
        assert fields.values(body, NAMES) >= {value for value in strings(body) if value in people}, case.name


def strings(tree: object) -> set[str]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        return set().union(*map(strings, tree))
    return {tree} if isinstance(tree, str) else set()
