"""Entries come and go; comments and all other lines of the file stay byte for byte."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.paths import REPOSITORY
from connectors.upstream.model import Subject
from polling.watching.editing import EditError, WatchlistText, read_file, write_file
from polling.watching.entries import Named
from polling.watchlist import TIERS, Tier, WatchlistError, parse_watchlist

FILE = Path("w.yaml")
ADA = Named(Subject.CREATOR, "@ada")
BOOKS = Named(Subject.HASHTAG, "books")


def added(text: str, entry: Named = ADA, tier: Tier = "warm") -> str:
    edited = WatchlistText(text, FILE)
    edited.add(entry, tier)
    return edited.text


def removed(text: str, entry: Named) -> str:
    edited = WatchlistText(text, FILE)
    edited.remove(entry)
    return edited.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'creators:\n  - "@ada"\n'),
        ("# mine\n", '# mine\ncreators:\n  - "@ada"\n'),
        ("posts: [1] # one", 'posts: [1] # one\ncreators:\n  - "@ada"\n'),
        ("creators:\n- '1' # x\n\n# later\nposts: [2]\n", "creators:\n- '1' # x\n- \"@ada\"\n\n# later\nposts: [2]\n"),
        ("creators:\n    - 1\n    # more to come\n", 'creators:\n    - 1\n    - "@ada"\n    # more to come\n'),
        (
            "creators:\n  - id: 1\n    tier: hot # often\nposts: [2]\n",
            'creators:\n  - id: 1\n    tier: hot # often\n  - "@ada"\nposts: [2]\n',
        ),
        ("creators: [] # nobody yet\n", 'creators: ["@ada"] # nobody yet\n'),
        ("creators: ['1', {id: 2, tier: hot}] # two\n", "creators: ['1', {id: 2, tier: hot}, \"@ada\"] # two\n"),
        ("creators: ['1',\n  2, # b\n]\n", "creators: ['1',\n  2, \"@ada\", # b\n]\n"),
        ("creators: # numbers\nposts: [1]\n", 'creators: # numbers\n  - "@ada"\nposts: [1]\n'),
        ("creators:\n#  - '1'\nposts: [1]\n", "creators:\n  - \"@ada\"\n#  - '1'\nposts: [1]\n"),
        ("creators:\n  - '1'", "creators:\n  - '1'\n  - \"@ada\"\n"),
        ("creators:\r\n  - '1'\r\nposts: [2]\r\n", "creators:\r\n  - '1'\r\n  - \"@ada\"\r\nposts: [2]\r\n"),
        ("\ufeffcreators:\n  - '1'\n", "\ufeffcreators:\n  - '1'\n  - \"@ada\"\n"),
        ("  creators:\n    - '1'\n", "  creators:\n    - '1'\n    - \"@ada\"\n"),
        ("  posts:\n    - '1'\n", "  posts:\n    - '1'\n  creators:\n    - \"@ada\"\n"),
    ],
)
def test_an_entry_comes_behind_the_last_one(before: str, after: str) -> None:
    assert added(before) == after


def test_a_tier_goes_along() -> None:
    assert added("", tier="hot") == 'creators:\n  - { id: "@ada", tier: hot }\n'
    assert added("hashtags:\n  - cats\n", BOOKS) == 'hashtags:\n  - cats\n  - "books"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('creators:\n  - "@ada" # her\n  - 2 # him\n', "creators:\n  - 2 # him\n"),
        ("creators:\n  - https://www.tiktok.com/@Ada?lang=en\n  - 2\n", "creators:\n  - 2\n"),
        ('creators:\n  # one\n  - "@ada"\n  # two\n  - 2\n', "creators:\n  # one\n  # two\n  - 2\n"),
        ('creators:\n  - id: "@ada"\n    tier: hot\n  - 2\n', "creators:\n  - 2\n"),
        ('creators: ["@ada", 2] # c\n', "creators: [2] # c\n"),
        ('creators: [2, "@ada"] # c\n', "creators: [2] # c\n"),
        ('creators: [{id: "@ada"}]\n', "creators: []\n"),
        ('creators:\n  - "@ada"\nposts: [1]\n', "creators:\nposts: [1]\n"),
        ('creators: [\n  "@ada", # her\n  2, # him\n]\n', "creators: [\n  # her\n  2, # him\n]\n"),
    ],
)
def test_an_entry_goes_with_what_is_behind_it_on_its_line(before: str, after: str) -> None:
    assert removed(before, ADA) == after


def test_the_example_can_be_edited() -> None:
    text = (REPOSITORY / "watchlist.example.yaml").read_text(encoding="utf-8")
    for subject, name in ((Subject.CREATOR, "@nobody.else"), (Subject.POST, "77"), (Subject.HASHTAG, "nothing")):
        entry = Named(subject, name)
        assert removed(added(text, entry), entry) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('posts: [1]\ncreators:\n  - "@ADA"\n', "w.yaml:3: @ada is already among the creators"),
        ("creators: [https://www.tiktok.com/@ada]\n", "w.yaml:1: @ada is already"),
        ("{posts: [1]}\n", "cannot add"),
        ("posts: [1]\n...\n", "cannot add"),
    ],
)
def test_what_cannot_be_added_changes_nothing(text: str, says: str) -> None:
    edited = WatchlistText(text, FILE)
    with pytest.raises(EditError, match=says):
        edited.add(ADA)
    assert edited.text == text


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(EditError, match="@ada is not among the creators"):
        removed("creators: [1]\n", ADA)
    with pytest.raises(EditError, match="cannot remove @ada from line 3"):
        removed('creators:\n  -\n    "@ada"\n  - 2\n', ADA)


def test_a_file_that_is_wrong_is_refused_with_its_line() -> None:
    with pytest.raises(WatchlistError, match=r"w.yaml:2: creators\[0\].id: 'https://vm.tiktok.com/ZM' is a short link"):
        WatchlistText("creators:\n  - https://vm.tiktok.com/ZM\n", FILE)
    with pytest.raises(WatchlistError, match=r"w.yaml:2: \(syntax\): not YAML") as raised:
        WatchlistText("creators:\n  - @ada\n", FILE)
    assert raised.value.hint == 'quote a handle: "@ada"'


def test_the_file_is_replaced_with_its_mode_where_a_link_leads(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "w.yaml"
    real.write_text("posts: [1]\n")
    real.chmod(0o640)
    link.symlink_to(real)
    edited = read_file(link)
    edited.add(ADA)
    write_file(link, edited)
    assert link.is_symlink()
    assert real.read_text() == 'posts: [1]\ncreators:\n  - "@ada"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    new = tmp_path / "new.yaml"
    fresh = read_file(new)
    fresh.add(ADA)
    write_file(new, fresh)
    assert read_file(new).find(ADA) is not None


comments = st.text("ab \t#'\"[]{},:-@é日€", max_size=8)
ids = st.integers(1, 10**19).map(str)
ITEMS = {
    Subject.CREATOR: st.one_of(
        ids.map(lambda number: f"'{number}'"),
        ids,
        st.from_regex(r"[a-z][a-z0-9_]{2,8}", fullmatch=True).map(lambda name: f'"@{name}"'),
    ),
    Subject.POST: st.one_of(ids, ids.map(lambda number: f"https://www.tiktok.com/@x/video/7{number.zfill(18)[:18]}")),
    Subject.HASHTAG: st.from_regex(r"[a-z]{3,8}", fullmatch=True).map(lambda name: f'"#{name}"'),
}


@st.composite
def lists(draw: st.DrawFn, subject: Subject) -> str:
    """A list of a watchlist in one of the ways in which people write them."""
    items = draw(st.lists(ITEMS[subject], max_size=4, unique_by=lambda item: item.strip("'\"#")))
    entries = [draw(st.sampled_from([item, f"{{ id: {item}, tier: {draw(st.sampled_from(TIERS))} }}"])) for item in items]
    name, end = f"{subject.value}s:", draw(st.sampled_from(["", " # "]))
    after = f"{end}{draw(comments)}" if end else ""
    if draw(st.booleans()):
        inside = ", ".join(entries) + draw(st.sampled_from(["", ","]) if entries else st.just(""))
        return f"{name} [{inside}]{after}\n"
    indent = " " * draw(st.integers(0, 4))
    lines = [f"{name}{after}\n"]
    for entry in entries:
        lines += [f"{indent}# {draw(comments)}\n"] if draw(st.booleans()) else []
        lines.append(f"{indent}- {entry}{' # ' + draw(comments) if draw(st.booleans()) else ''}\n")
        lines += ["\n"] if draw(st.booleans()) else []
    return "".join(lines)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A watchlist with comments anywhere."""
    parts = [draw(lists(subject)) for subject in draw(st.lists(st.sampled_from(list(Subject)), unique=True))]
    parts += ["credits_per_day: 5000 # enough\n"] if draw(st.booleans()) else []
    between = [f"# {draw(comments)}\n" if draw(st.booleans()) else "" for _ in parts]
    text = "".join(part for pair in zip(between, draw(st.permutations(parts)), strict=True) for part in pair)
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return text[:-1] if text and draw(st.booleans()) and text.endswith("\n") and not text.endswith("\r\n") else text


@given(files(), st.sampled_from([ADA, Named(Subject.POST, "5"), BOOKS]), st.sampled_from(TIERS), st.data())
def test_all_other_lines_stay_byte_for_byte(text: str, entry: Named, tier: Tier, data: st.DataObject) -> None:
    edited = WatchlistText(text, FILE)
    before = edited.places()
    if edited.find(entry) is not None:
        return
    edited.add(entry, tier)
    place = edited.find(entry)
    assert place is not None
    assert place.tier == tier
    lines, now = text.splitlines(), edited.text.splitlines()
    # One line has come, and for a new list its name; or the one line that the list stands on has changed.
    other = [line for number, line in enumerate(now, 1) if number != place.line]
    if len(now) == len(lines):
        assert other == lines[: place.line - 1] + lines[place.line :]
    else:
        assert other in (lines, [*lines, f"{entry.subject.value}s:"])
    assert parse_watchlist(edited.text, FILE)
    edited.remove(entry)
    assert edited.places() == before
    # What came goes, and no other byte with it.
    assert edited.text in (text, text + ("\r\n" if "\r\n" in text else "\n")) or edited.text.splitlines() == [
        *lines,
        f"{entry.subject.value}s:",
    ]
    if before:
        gone = data.draw(st.sampled_from(before))
        kept = WatchlistText(text, FILE)
        kept.remove(gone.named)
        assert [place.named for place in kept.places()] == [place.named for place in before if place != gone]
        left = kept.text.splitlines()
        assert left in (
            lines[: gone.line - 1] + lines[gone.line :],
            [*lines[: gone.line - 1], *left[gone.line - 1 : gone.line], *lines[gone.line :]],
        )
