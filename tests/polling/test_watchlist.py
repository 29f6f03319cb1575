"""The watchlist file: what it says, and where it is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.paths import REPOSITORY
from connectors.upstream.model import Feed, Subject
from polling.schedule.feed_state import wanted
from polling.watchlist import WatchedFile, WatchlistError, load_watchlist, parse_watchlist

FILE = Path("w.yaml")


def test_the_example_is_good() -> None:
    found = load_watchlist(REPOSITORY / "watchlist.example.yaml")
    assert found.creators
    assert found.posts
    assert found.hashtags


def test_ids_are_text_and_entries_may_be_short() -> None:
    found = parse_watchlist("creators: [0123, {id: 7000000000000000001, tier: hot}]\nhashtags: ['#cats', 2024]\n", FILE)
    assert [(entry.id, entry.tier) for entry in found.creators] == [("0123", "warm"), ("7000000000000000001", "hot")]
    assert [entry.id for entry in found.hashtags] == ["cats", "2024"]


def test_feeds_follow() -> None:
    found = parse_watchlist("feeds: {posts: [comments, replies, followers]}\nposts: ['1']\ncreators: [{id: 2, tier: cold}]\n", FILE)
    listed = dict(wanted(found, "u", lambda feed: feed is not Feed.FOLLOWERS))
    assert sorted((key.feed.value, key.subject, rules.base_ms) for key, rules in listed.items()) == [
        ("comments", "1", 3_600_000),
        ("posts", "2", 86_400_000),
        ("profile", "2", 86_400_000),
    ]
    assert found.feeds_of(Subject.POST) == (Feed.COMMENTS, Feed.REPLIES, Feed.FOLLOWERS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("creators:\n  - '1'\n  - '@me too'\n", r"w.yaml:3: creators\[1\].id: '@me too' is not a handle"),
        ("creators: ['@me']\nposts: ['@me']\n", r"w.yaml:2: posts\[0\].id: '@me' is not a numeric id, or a link of a post"),
        ("creators:\n- '@me'\n- https://www.tiktok.com/@Me?lang=en\n", r"w.yaml:3: creators\[1\]: @me is already on line 2"),
        ("hashtags:\n  - #books\n", r"w.yaml:2: hashtags\[0\].id: an empty entry"),
        ("recheck_handles: 1m\n", "w.yaml:1: recheck_handles"),
        ("creators:\n- {id: 1, tier: warmer}\n", r"w.yaml:2: creators\[0\].tier: Input should be"),
        ("posts: ['1']\ncredit_per_day: 5\n", "w.yaml:2: credit_per_day: unknown key"),
        ("credits_per_day: -5\n", "w.yaml:1: credits_per_day"),
        ("credits_per_day: many\n", "w.yaml:1: credits_per_day"),
        ("posts:\n- 1\n- 1\n", r"w.yaml:3: posts\[1\]: 1 is already on line 2"),
        ("tiers:\n  hot: 5\n", r"w.yaml:2: tiers.hot: 5 is not a duration: write"),
        ("tiers: {hot: 2h, warm: 1h}\n", "w.yaml:1: tiers: hot must not be longer than warm"),
        ("feeds: {posts: [sounds]}\n", r"w.yaml:1: feeds.posts\[0\]"),
        ("max_pages: {posts: 0}\n", "w.yaml:1: max_pages.posts"),
        ("posts: [1\n", "w.yaml:2: .syntax.: not YAML"),
        ("a: &x 1\nb: *x\n", "w.yaml:1: a: the anchor &x is refused"),
        ("posts: !!python/object:os.system []\n", "w.yaml:1: posts: the tag !!python"),
        ("posts: []\nposts: []\n", "w.yaml:2: posts: is given twice"),
        ("- 1\n", "w.yaml:1: .top level.: is not a mapping"),
        ("", "w.yaml:1: .top level.: is not a mapping"),
        ("credits: {probe_every: 1m}\n", "w.yaml:1: credits.probe_every"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, says: str) -> None:
    with pytest.raises(WatchlistError, match=says):
        parse_watchlist(text, FILE)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(WatchlistError, match="cannot read"):
        load_watchlist(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"hashtags: ['\xe9']")
    with pytest.raises(WatchlistError, match="not UTF-8"):
        load_watchlist(tmp_path / "latin.yaml")


def test_an_edit_is_seen_once(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("posts: ['1']\n")
    watched = WatchedFile(file)
    assert watched.reread() is None
    file.write_text("posts: ['1', 'x']\n")
    with pytest.raises(WatchlistError):
        watched.reread()
    assert watched.reread() is None
    assert [entry.id for entry in watched.current.posts] == ["1"]
    file.write_text("posts: ['1', '22']\n")
    os.utime(file, (1, 1))
    changed = watched.reread()
    assert changed is not None
    assert len(changed.posts) == 2


def test_a_creator_may_be_named_by_sec_uid() -> None:
    found = parse_watchlist("creators: [MS4wLjABAAAA33711f7bbe199cc7, '5']\n", Path("w.yaml"))
    assert [entry.id for entry in found.creators] == ["MS4wLjABAAAA33711f7bbe199cc7", "5"]
    with pytest.raises(WatchlistError, match="not a numeric id"):
        parse_watchlist("posts: [MS4wLjABAAAA33711f7bbe199cc7]\n", Path("w.yaml"))


def test_a_handle_is_looked_up_and_then_read_like_an_id() -> None:
    found = parse_watchlist("creators: ['@Ada', {id: '@bob', tier: hot}]\nposts:\nhashtags: # none yet\n", FILE)
    assert found.handles() == ["@ada", "@bob"]
    listed = [(key.feed.value, key.subject, rules.base_ms) for key, rules in wanted(found, "u", lambda feed: True)]
    assert listed == [("profile", "@ada", 3_600_000), ("profile", "@bob", 300_000)]
    known = [(key.feed.value, key.subject) for key, _ in wanted(found, "u", lambda feed: True, {"@ada": None, "@bob": "5"}.get)]
    assert known == [("profile", "@ada"), ("profile", "@bob"), ("profile", "5"), ("posts", "5")]
