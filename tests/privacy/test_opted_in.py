"""Whose names may be shown: what the file says, and which accounts that means when handles change hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polling.personal.forgotten import Forgotten
from polling.watchlist import WatchlistError
from privacy.opted_in import Bearer, Entry, entries
from privacy.opted_in_file import FILE_NAME, OptedIn, PrivacyFileError, load_opted_in, privacy_file

NOW = datetime(2026, 3, 10, tzinfo=UTC)
SECUID = "MS4wLjABAAAA" + "x" * 20


@pytest.fixture
def nobody(tmp_path: Path) -> Forgotten:
    return Forgotten(tmp_path / "forgotten.json")


def written(folder: Path, text: str) -> Path:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_opts_nobody_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nobody: Forgotten) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_opted_in(privacy_file({}), nobody) == OptedIn()


def test_the_file_is_the_named_one_else_that_of_the_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "")
    assert privacy_file({}) == Path(FILE_NAME)
    assert privacy_file({"TOKPULSE_PRIVACY_FILE": "other.yaml"}) == Path("other.yaml")


def test_handles_and_ids_are_told_apart(tmp_path: Path, nobody: Forgotten) -> None:
    path = written(tmp_path, 'opted_in:\n  creators: ["@Ada.L", bob_1, 6784819479778378757]\n')
    assert load_opted_in(path, nobody) == OptedIn(frozenset({"6784819479778378757"}), frozenset({"ada.l", "bob_1"}))


def test_one_setting_opts_in_everybody_on_a_watchlist(tmp_path: Path, nobody: Forgotten) -> None:
    (tmp_path / "watch.yaml").write_text(f'creators: ["6784819479778378757", "{SECUID}"]\nposts: ["7000000000000000001"]\n')
    path = written(tmp_path, "opted_in: {watchlist: watch.yaml}\n")
    assert load_opted_in(path, nobody) == OptedIn(ids=frozenset({"6784819479778378757"}), secuids=frozenset({SECUID}))
    (tmp_path / "watch.yaml").unlink()
    with pytest.raises(WatchlistError):
        load_opted_in(path, nobody)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "opted_in:\n  creators:\n    - ada\n    - two words\n",
            r"privacy\.yaml:4: opted_in\.creators\[1\]: 'two words' is neither",
        ),
        ("opted_in: {everybody: true}\n", r"privacy\.yaml:1: opted_in\.everybody: unknown key"),
        ("opted_in: [ada]\n", r"privacy\.yaml:1: opted_in: "),
        ("- ada\n", r"privacy\.yaml:1: \(top level\)"),
        ('opted_in: {creators: ["@"]}\n', "neither a handle nor a numeric id"),
        ('opted_in: {creators: [".."]}\n', "neither a handle nor a numeric id"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, nobody: Forgotten, text: str, says: str) -> None:
    with pytest.raises(PrivacyFileError, match=says):
        load_opted_in(written(tmp_path, text), nobody)


@pytest.mark.parametrize("entry", ["6900000000000000777", "@petra.p", "PETRA.P"])
def test_who_was_forgotten_cannot_be_opted_in(tmp_path: Path, nobody: Forgotten, entry: str) -> None:
    nobody.add("6900000000000000777", ["petra.p"], [SECUID])
    path = written(tmp_path, f'opted_in: {{creators: ["{entry}"]}}\n')
    with pytest.raises(PrivacyFileError, match="forgotten"):
        load_opted_in(path, nobody)
    (tmp_path / "watch.yaml").write_text(f'creators: ["6900000000000000777", "5", "{SECUID}"]\n')
    assert load_opted_in(written(tmp_path, "opted_in: {watchlist: watch.yaml}\n"), nobody) == OptedIn(ids=frozenset({"5"}))


def bearer(userid: str, handle: str, hours: int = 0, secuid: str = "") -> Bearer:
    return Bearer(userid, handle, secuid, NOW + timedelta(hours=hours))


def held(wanted: OptedIn, stored: list[Entry], bearers: list[Bearer]) -> set[Entry]:
    """The entries, where there is nothing to tell."""
    found, notes = entries(wanted, stored, bearers)
    assert notes == ()
    return set(found)


def test_a_handle_goes_with_the_account_that_had_it_when_it_was_known_first() -> None:
    wanted = OptedIn(handles=frozenset({"ada"}))
    assert held(wanted, [], []) == {("ada", "")}
    assert held(wanted, [("ada", "")], [bearer("1", "ada")]) == {("ada", "1")}
    # The account is called otherwise now, and nobody else so.
    assert held(wanted, [("ada", "1")], []) == {("ada", "1")}
    found, (note,) = entries(wanted, [("ada", "1")], [bearer("2", "ada")])
    assert set(found) == {("ada", "1")}
    assert "@ada has changed hands" in note
    # Of two that were last seen with it the one that was seen later has it.
    assert held(wanted, [], [bearer("2", "ada", 1), bearer("1", "ada", 0)]) == {("ada", "2")}


def test_secuids_of_a_watchlist_become_ids_once_they_are_known() -> None:
    wanted = OptedIn(ids=frozenset({"5"}), secuids=frozenset({SECUID}))
    found, (note,) = entries(wanted, [], [])
    assert set(found) == {("", "5")}
    assert note.startswith("1 secUids")
    assert held(wanted, [], [bearer("6", "x", secuid=SECUID)]) == {("", "5"), ("", "6")}


HANDLES = st.sampled_from(["ada", "bob", "cyd"])
IDS = st.sampled_from(["1", "2", "3"])


@given(
    wanted=st.frozensets(HANDLES),
    moves=st.lists(st.lists(st.tuples(IDS, HANDLES), max_size=3, unique_by=lambda one: one[0]), max_size=5),
)
def test_an_entry_never_passes_to_another_account(wanted: frozenset[str], moves: list[list[tuple[str, str]]]) -> None:
    """However accounts exchange their handles from one publication to the next."""
    stored: frozenset[tuple[str, str]] = frozenset()
    first: dict[str, str] = {}
    for hours, names in enumerate(moves):
        stored, _ = entries(OptedIn(handles=wanted), stored, [bearer(userid, handle, hours) for userid, handle in names])
        for handle, userid in stored:
            if userid:
                assert first.setdefault(handle, userid) == userid
        assert {handle for handle, _ in stored} == wanted
