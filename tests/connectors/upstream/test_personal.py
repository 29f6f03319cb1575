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
        (Kind.ELSEWHERE, "insid twitterid twittername youtubechannelid youtubechanneltitle bioemail email"),
        (Kind.PERSON, "user author"),
        (Kind.CAPTION, "title desc description"),
        (Kind.WORDS, "text signature biolink bio"),
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
