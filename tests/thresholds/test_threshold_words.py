"""A form calls its fields by words; no key of the file is left without."""

from __future__ import annotations

import re

import pytest

from thresholds.difference import flat
from thresholds.fields import fields, tier_names
from thresholds.file import SHIPPED_FILE, ThresholdsFileError, file_text, load_thresholds, parse_thresholds
from thresholds.words import in_words, words

_KEY = re.compile(r"\w+(?:\.\w+|\[\d+\])+|\b[a-z]+_[a-z_]+\b")


def test_every_value_of_a_file_and_of_a_difference_has_words_of_its_own() -> None:
    text = file_text(SHIPPED_FILE)
    found = fields(text)
    for keys in ([field.key for field in found], list(flat(load_thresholds(SHIPPED_FILE)))):
        said = [words(key, tier_names(found)) for key in keys]
        assert len(set(said)) == len(said)
        assert [text for text in said if _KEY.search(text)] == []


def test_tiers_are_called_by_their_names_where_these_are_known() -> None:
    assert words("trending.tiers[0].below_followers", {0: "small"}) == "Tier small: to below (followers)"
    assert words("trending.tiers[1].name") == "Tier 2: name"
    assert words("trending.tiers.small.plays_per_hour") == "Tier small: trends above (plays per hour)"
    assert words("followers.gains.within_2_hours") == "Follower alert within 2 h: more than (new followers)"
    assert words("trending.tires") == "trending.tires", "what nobody knows is called as it was written"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from_followers: 10000,", "from_followers: 20000,"),
        ("from_followers: 10000,", "from_followers: many,"),
        ("name: mid", "name: small"),
        (", below_followers: 10000,", ","),
        ("below_followers: 10000,", "below_followers: 0,"),
        ("within_hours: 2", "within_hours: 0"),
    ],
)
def test_reasons_speak_of_no_key(old: str, new: str) -> None:
    text = file_text(SHIPPED_FILE)
    edited = "".join(line if line.lstrip().startswith("#") else line.replace(old, new) for line in text.splitlines(keepends=True))
    with pytest.raises(ThresholdsFileError) as refused:
        parse_thresholds(edited)
    tiers = tier_names(fields(edited))
    for problem in refused.value.problems:
        for sentence in (words(problem.key, tiers), in_words(problem.reason, tiers), in_words(problem.allowed, tiers)):
            assert not _KEY.search(sentence), sentence
