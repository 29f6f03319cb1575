"""Mutes: what they cover, and how a person writes what is meant."""

from __future__ import annotations

from typing import Any

import pytest

from alerts import mutes
from alerts.facts import Facts, Known
from alerts.mutes import Mute, MuteError, Subject, subject_of
from tests.alerts.receiver import AUTHOR, NOW_MS, POST, alert, followers, trending

FACTS = Facts(alert(trending()), Known(hashtags=("pasta",)))


@pytest.mark.parametrize(
    ("subject", "covered"),
    [
        (Subject("post", POST), True),
        (Subject("creator", AUTHOR), True),
        (Subject("hashtag", "pasta"), True),
        (Subject("post", AUTHOR), False),
        (Subject("creator", POST), False),
        (Subject("hashtag", "past"), False),
    ],
)
def test_a_mute_covers_its_own_until_it_ends(subject: Subject, covered: bool) -> None:
    assert Mute(subject, NOW_MS).covers(FACTS, NOW_MS - 1) is covered
    assert not Mute(subject, NOW_MS).covers(FACTS, NOW_MS)


def test_a_creator_is_covered_in_gains_of_followers() -> None:
    facts = Facts(alert(followers("42")))
    assert Mute(Subject("creator", "42"), NOW_MS).covers(facts, 0)
    assert not Mute(Subject("post", "42"), NOW_MS).covers(facts, 0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The questions to ClickHouse: @anna is 42 by her newest name; 7 is a post, 8 is nothing, 9 is both."""
    questions: list[Any] = []

    def rows(client: Any, url: str, name: str, **parameters: Any) -> list[dict[str, Any]]:
        questions.append((name, parameters))
        if name == "creators_of_handle":
            return [{"userid": "42"}, {"userid": "41"}] if parameters["handle"] == "anna" else []
        return [{"posts": int(parameters["id"] in "79"), "creators": int(parameters["id"] == "9")}]

    monkeypatch.setattr(mutes, "rows", rows)
    return questions


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("post:7", Subject("post", "7")),
        ("creator:7", Subject("creator", "7")),
        ("#Pasta", Subject("hashtag", "pasta")),
        ("#Cafe\N{COMBINING ACUTE ACCENT}", Subject("hashtag", "caf\N{LATIN SMALL LETTER E WITH ACUTE}")),
        (f"https://www.tiktok.com/@anna/video/{POST}?is_from_webapp=1", Subject("post", POST)),
        (f"https://www.tiktok.com/@/video/{POST}", Subject("post", POST)),
        (f"tiktok.com/@anna/photo/{POST}", Subject("post", POST)),
        ("@anna", Subject("creator", "42")),
        ("https://www.tiktok.com/@anna", Subject("creator", "42")),
        (" 7 ", Subject("post", "7")),
    ],
)
def test_what_people_write_is_understood(asked: list[Any], text: str, subject: Subject) -> None:
    assert subject_of(None, "", text) == subject  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("@nobody", "nobody has been seen as @nobody"),
        ("8", "neither a post nor a creator"),
        ("9", "both a post and a creator"),
        ("pasta", "nothing that can be muted"),
        ("https://example.com/@anna", "nothing that can be muted"),
        ("https://[", "nothing that can be muted"),
        ("", "nothing that can be muted"),
    ],
)
def test_what_could_mean_anything_is_refused(asked: list[Any], text: str, reason: str) -> None:
    with pytest.raises(MuteError, match=reason):
        subject_of(None, "", text)  # type: ignore[arg-type]


@pytest.mark.parametrize("for_ms", [0, -1, mutes.LONGEST_MS + 1])
def test_a_mute_has_an_end(for_ms: int) -> None:
    with pytest.raises(MuteError, match="at most 366 days"):
        mutes.add(None, "", Subject("post", "7"), for_ms, "me", "", NOW_MS)  # type: ignore[arg-type]
