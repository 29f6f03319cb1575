"""Which version a file was made from, and what it would take back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresholds.file import SHIPPED_FILE, load_thresholds, parse_thresholds
from thresholds.merging import OverwriteError, made_from, mark, marked, refuse_overwrite, three_way
from thresholds.model import FollowerGain, Thresholds, ThresholdVersion
from thresholds.text import to_yaml
from thresholds.versions import VersionError, follow

T0 = 1_767_571_200_000
SHIPPED = load_thresholds(SHIPPED_FILE)
UNKNOWN = replace(SHIPPED, unknown_authors=7.0)
WARNING = replace(SHIPPED, negative_delta_warning=5)
RULES = replace(SHIPPED, follower_gains=(*SHIPPED.follower_gains, FollowerGain(10, 24)))
SMALL, *OTHERS = SHIPPED.tiers
assert SHIPPED.momentum is not None
SPLIT = replace(
    SHIPPED,
    tiers=(replace(SMALL, below_followers=100), replace(SMALL, name="new", from_followers=100), *OTHERS),
    momentum=replace(
        SHIPPED.momentum, plays_per_hour=(SHIPPED.momentum.plays_per_hour[0], ("new", 1.0), *SHIPPED.momentum.plays_per_hour[1:])
    ),
)


def published(*contents: Thresholds) -> list[ThresholdVersion]:
    known: list[ThresholdVersion] = []
    for number, content in enumerate(contents):
        known.append(follow(known, content, T0 + number, T0 + number, "ada", ""))
    return known


def refused(known: list[ThresholdVersion], text: str, over: str = "") -> list[str]:
    """The keys that `text` would take back."""
    wanted = parse_thresholds(text)
    try:
        refuse_overwrite(known, wanted, made_from(text, wanted, known), over)
    except OverwriteError as error:
        return [key.key for key in error.keys if key.lost]
    return []


@pytest.mark.parametrize(
    ("newest", "mine", "lost"),
    [
        (UNKNOWN, WARNING, ["trending.unknown_authors.plays_per_hour"]),
        (WARNING, SHIPPED, ["warnings.negative_delta_plays"]),
        (RULES, UNKNOWN, ["followers.gains.within_24_hours"]),
        (
            SPLIT,
            WARNING,
            [
                *("trending.tiers.small.followers", "trending.tiers.new.followers", "trending.tiers.new.plays_per_hour"),
                "momentum.plays_per_hour.new",
            ],
        ),
        (replace(SHIPPED, follower_gains=()), UNKNOWN, ["followers.gains.within_2_hours"]),
    ],
)
def test_a_file_of_the_first_version_does_not_take_back_the_second(newest: Thresholds, mine: Thresholds, lost: list[str]) -> None:
    known = published(SHIPPED, newest)
    # A name is enough where the content is nearer to the newest version.
    assert sorted(refused(known, f"{mark(known[0])}\n{to_yaml(mine)}")) == sorted(lost)
    if newest is not RULES and len(newest.follower_gains) == 1:
        assert sorted(refused(known, to_yaml(mine))) == sorted(lost)
    for over in ("v2", "2", known[1].version):
        assert refused(known, f"{mark(known[0])}\n{to_yaml(mine)}", over) == []


def test_over_names_the_newest_version_only() -> None:
    known = published(SHIPPED, UNKNOWN, WARNING)
    with pytest.raises(VersionError, match=f"--over {known[1].version}: the newest version is {known[2].version}"):
        refused(known, to_yaml(SHIPPED), "v2")
    with pytest.raises(VersionError, match="no version 'v9'"):
        refused(known, to_yaml(SHIPPED), "v9")


@pytest.mark.parametrize("mine", [replace(UNKNOWN, unknown_authors=8.0), replace(UNKNOWN, negative_delta_warning=5), UNKNOWN])
def test_a_file_made_from_the_newest_version_goes_on(mine: Thresholds) -> None:
    known = published(SHIPPED, UNKNOWN)
    assert refused(known, f"{mark(known[1])}\n{to_yaml(mine)}") == []


def test_what_its_first_line_names_counts_more_than_what_a_file_looks_like() -> None:
    known = published(SHIPPED, UNKNOWN)
    mine = to_yaml(replace(SHIPPED, unknown_authors=9.0))
    # One key from either version: whoever made it may not know of the other edit.
    assert refused(known, mine) == ["trending.unknown_authors.plays_per_hour"]
    assert refused(known, f"{mark(known[0])}\n{mine}") == ["trending.unknown_authors.plays_per_hour"]
    assert refused(known, f"{mark(known[1])}\n{mine}") == []
    # Taking back one's own edit.
    assert refused(known, f"{mark(known[1])}\n{to_yaml(SHIPPED)}") == []
    # A version of somewhere else.
    foreign = f"# v1-00000000, in force from yesterday\n{to_yaml(SHIPPED)}"
    assert refused(known, foreign) == ["trending.unknown_authors.plays_per_hour"]


def test_changes_that_the_file_has_too_are_no_loss() -> None:
    known = published(SHIPPED, UNKNOWN)
    merged = replace(UNKNOWN, negative_delta_warning=5)
    assert refused(known, f"{mark(known[0])}\n{to_yaml(merged)}") == []
    rows = {row.key: (row.base, row.newest, row.file) for row in three_way(SHIPPED, UNKNOWN, merged)}
    assert rows == {
        "trending.unknown_authors.plays_per_hour": ("100,000", "7", "7"),
        "warnings.negative_delta_plays": ("1,000", "1,000", "5"),
    }


def test_a_mark_is_renewed_and_all_else_stays() -> None:
    known = published(SHIPPED, UNKNOWN)
    text = f"{mark(known[0])}\n# mine\n{to_yaml(SHIPPED)}"
    assert marked(text, known[1]) == text.replace(mark(known[0]), mark(known[1]))
    unmarked = f"# mine\n{to_yaml(SHIPPED)}"
    assert marked(unmarked, known[1]) == f"{mark(known[1])}\n{unmarked}"
    assert parse_thresholds(marked(unmarked, known[1])) == SHIPPED


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_who_edits_the_same_key_in_a_file_without_a_mark_hears_of_the_first_edit(before: int, theirs: int, mine: int) -> None:
    known = published(*(replace(SHIPPED, unknown_authors=float(rate)) for rate in dict.fromkeys((before, theirs))))
    lost = refused(known, to_yaml(replace(SHIPPED, unknown_authors=float(mine))))
    assert lost == (
        ["trending.unknown_authors.plays_per_hour"] if len({before, theirs, mine}) == 3 or mine == before != theirs else []
    )


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_who_edits_another_key_always_hears_of_the_first_edit(before: int, theirs: int, old: int, mine: int) -> None:
    base = replace(SHIPPED, unknown_authors=float(before), negative_delta_warning=old)
    known = published(base, replace(base, unknown_authors=float(theirs)))
    lost = refused(known, f"{mark(known[0])}\n{to_yaml(replace(base, negative_delta_warning=mine))}")
    assert lost == (["trending.unknown_authors.plays_per_hour"] if before != theirs else [])
