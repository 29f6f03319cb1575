"""Every mistake in the file is refused with its line, its key and the reason; every valid file is accepted as it is meant."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresholds.file import MAX_BYTES, SHIPPED_FILE, ThresholdsFileError, default_file, load_thresholds, parse_thresholds
from thresholds.model import MAX_OBSERVATIONS, UNKNOWN_TIER, FollowerGain, Live, Momentum, Thresholds, Tier
from thresholds.text import to_yaml

VALID = """\
# Line 1.
trending:
  tiers:
    - {name: small, from_followers: 0, below_followers: 10000, plays_per_hour: 2000}
    - {name: mid, from_followers: 10000, below_followers: 1000000, plays_per_hour: 20000}
    - name: big
      from_followers: 1000000
      plays_per_hour: 100000.5
  unknown_authors: {plays_per_hour: 20_000}
followers:
  gains:
    - {gained: 50000, within_hours: 2}
    - {gained: 90000, within_hours: 24}
warnings:
  negative_delta_plays: 1000
"""
TIERS = "trending.tiers"
MOMENTUM = """\
momentum:
  plays_per_hour: {small: 3000, mid: 30000.5, big: 400000, unknown: 50000}
  least_observations: 3
  quiet_hours: 6
"""

# (what is replaced, by what, line, key, reason)
INVALID: dict[str, tuple[str, str, int, str, str]] = {
    # YAML itself
    "open bracket": ("within_hours: 24}", "within_hours: 24", 14, "(syntax)", "not YAML"),
    "tab": ("  negative", "\tnegative", 15, "(syntax)", "found character that cannot start"),
    "indentation": ("      from_followers: 1000000\n", "     from_followers: 1000000\n", 7, "(syntax)", "not YAML"),
    "double colon": ("name: big", "name: big: bigger", 6, "(syntax)", "mapping values are not allowed"),
    "control character": ("name: big", 'name: "b\x07g"', 6, "(text)", "U+0007"),
    "second document": ("warnings:", "---\nwarnings:", 14, "(top level)", "a second document"),
    "object tag": (
        "{gained: 50000,",
        "!!python/object/apply:os.system {gained: 50000,",
        12,
        "followers.gains[0]",
        "!!python/object",
    ),
    "own tag": ("plays_per_hour: 2000}", "plays_per_hour: !money 2000}", 4, f"{TIERS}[0].plays_per_hour", "the tag !money"),
    "tag of a type": ("1000\n", "!!int '1000'\n", 15, "warnings.negative_delta_plays", "the tag !!int"),
    "anchor": ("unknown_authors: {", "unknown_authors: &u {", 9, "trending.unknown_authors", "the anchor &u"),
    "alias": ("gained: 90000", "gained: *u", 13, "followers.gains[1].gained", "the alias *u"),
    "deep nesting": (
        "negative_delta_plays: 1000",
        f"negative_delta_plays: {'[' * 90}1{']' * 90}",
        15,
        "warnings.negative",
        "nested",
    ),
    # keys
    "unknown key at the top": ("warnings:", "warning:\n  x: 1\nwarnings:", 14, "warning", "unknown key"),
    "misspelt key": ("gained: 50000", "gaind: 50000", 12, "followers.gains[0].gaind", "unknown key"),
    "injected key": (
        "gained: 50000",
        '"x\'; DROP TABLE t; --": 1, gained: 50000',
        12,
        "followers.gains[0].x'; DROP",
        "unknown key",
    ),
    "merge key": ("{gained: 50000", "{<<: {gained: 1}, gained: 50000", 12, "followers.gains[0].<<", "unknown key"),
    "a list as key": ("{gained: 50000", "{? [a] : 1, gained: 50000", 12, "followers.gains[0]", "a key is a list"),
    "duplicate key": ("  gains:", "  gains: []\n  gains:", 12, "followers.gains", "given twice, first on line 11"),
    "missing key": (", within_hours: 2}", "}", 12, "followers.gains[0].within_hours", "is missing"),
    "missing section": ("warnings:\n  negative_delta_plays: 1000\n", "", 2, "warnings", "is missing"),
    "missing name": ("name: big\n      from", "from", 6, f"{TIERS}[2].name", "is missing"),
    # types
    "section without content": ("\n  negative_delta_plays: 1000", "", 14, "warnings", "is empty, not a mapping"),
    "text for a number": ("gained: 50000", 'gained: "50000"', 12, "followers.gains[0].gained", "the text '50000'"),
    "words for a number": ("2000}", "many}", 4, f"{TIERS}[0].plays_per_hour", "the text 'many'"),
    "boolean for a number": ("gained: 50000", "gained: yes", 12, "followers.gains[0].gained", "a boolean"),
    "fraction of followers": ("gained: 50000", "gained: 0.5", 12, "followers.gains[0].gained", "a fraction"),
    "date for a number": ("2000}", "2026-01-05}", 4, f"{TIERS}[0].plays_per_hour", "a date"),
    "nothing for a number": (" 1000\n", "\n", 15, "warnings.negative_delta_plays", "is empty"),
    "octal": ("gained: 50000", "gained: 0200", 12, "followers.gains[0].gained", "plain decimal"),
    "base 60": ("gained: 50000", "gained: 20:30", 12, "followers.gains[0].gained", "plain decimal"),
    "exponent without a point": ("2000}", "2e3}", 4, f"{TIERS}[0].plays_per_hour", "the text '2e3'"),
    "not a number": ("2000}", ".nan}", 4, f"{TIERS}[0].plays_per_hour", "plain decimal"),
    "infinite": ("2000}", ".inf}", 4, f"{TIERS}[0].plays_per_hour", "plain decimal"),
    "mapping for a list": ("gains:\n", "gains: {a: 1}\n  x:\n", 11, "followers.gains", "a mapping, not a list"),
    "list for a mapping": (
        "unknown_authors: {plays_per_hour: 20_000}",
        "unknown_authors: [1]",
        9,
        "trending.unknown_authors",
        "a list",
    ),
    # values
    "negative": ("plays_per_hour: 2000}", "plays_per_hour: -2000}", 4, f"{TIERS}[0].plays_per_hour", "-2000 is negative"),
    "negative followers": ("from_followers: 0", "from_followers: -1", 4, f"{TIERS}[0].from_followers", "-1 is negative"),
    "zero": ("plays_per_hour: 2000}", "plays_per_hour: 0}", 4, f"{TIERS}[0].plays_per_hour", "is 0"),
    "zero gain": ("gained: 50000", "gained: 0", 12, "followers.gains[0].gained", "0 is below 1"),
    "absurd": ("plays_per_hour: 2000}", f"plays_per_hour: {10**300}}}", 4, f"{TIERS}[0].plays_per_hour", "is above"),
    "absurdly long": ("gained: 50000", f"gained: {'9' * 5000}", 12, "followers.gains[0].gained", "is above"),
    "overflowing": ("2000}", "1.0e+999}", 4, f"{TIERS}[0].plays_per_hour", "is above"),
    "too many hours": ("within_hours: 24", "within_hours: 169", 13, "followers.gains[1].within_hours", "169 is above 168"),
    "two rules of one span": (
        "within_hours: 24",
        "within_hours: 2",
        13,
        "followers.gains[1].within_hours",
        "rule already, on line 12",
    ),
    # tiers
    "no tiers": (VALID[VALID.index("tiers:") : VALID.index("  unknown")], "tiers: []\n", 3, TIERS, "an empty list"),
    "gap": (
        "from_followers: 10000,",
        "from_followers: 10001,",
        5,
        f"{TIERS}[1].from_followers",
        "10000 to 10000 followers have no tier",
    ),
    "overlap": ("from_followers: 10000,", "from_followers: 9999,", 5, f"{TIERS}[1].from_followers", "the two overlap"),
    "first above 0": ("from_followers: 0,", "from_followers: 1,", 4, f"{TIERS}[0].from_followers", "begins at 1, not at 0"),
    "last with an end": (
        "plays_per_hour: 100000.5",
        "plays_per_hour: 1\n      below_followers: 2000000",
        9,
        f"{TIERS}[2].below",
        "no tier",
    ),
    "end in the middle missing": ("below_followers: 1000000, ", "", 5, f"{TIERS}[1].below_followers", "only the last tier"),
    "end before its start": ("below_followers: 1000000", "below_followers: 10000", 5, f"{TIERS}[1].below_followers", "not above"),
    "two of one name": ("name: mid", "name: small", 5, f"{TIERS}[1].name", "also the name of trending.tiers[0]"),
    "reserved name": ("name: mid", f"name: {UNKNOWN_TIER}", 5, f"{TIERS}[1].name", "reserved"),
    "malformed name": ("name: mid", "name: Mid Size", 5, f"{TIERS}[1].name", "'Mid Size' is not a name"),
    "injected name": ("name: mid", 'name: "\'); DROP TABLE t"', 5, f"{TIERS}[1].name", "is not a name"),
    "long name": ("name: mid", f"name: {'m' * 33}", 5, f"{TIERS}[1].name", "is not a name"),
    "boolean name": ("name: mid", "name: no", 5, f"{TIERS}[1].name", "a boolean"),
}


def refused(text: str, path: Path = Path("edited.yaml")) -> ThresholdsFileError:
    with pytest.raises(ThresholdsFileError) as caught:
        parse_thresholds(text, path)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_edit_is_refused_with_line_key_and_reason(name: str) -> None:
    old, new, line, key, reason = INVALID[name]
    assert VALID.count(old) >= 1, "the edit must apply"
    error = refused(VALID.replace(old, new, 1))
    assert error.message.startswith(f"edited.yaml:{line}: {key}"), error.message
    assert reason in error.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("# nothing\n\n# but comments\n", "the file is empty"),
        ("---\n", "the file is empty"),
        ("- a\n", "is a list, not a mapping"),
        ("thresholds\n", "is the text 'thresholds', not a mapping"),
    ],
)
def test_a_file_without_thresholds_is_refused(text: str, reason: str) -> None:
    assert refused(text).message == f"edited.yaml:1: (top level): {reason}"


def test_the_shipped_file_is_valid_and_every_problem_of_a_file_is_kept() -> None:
    assert load_thresholds(SHIPPED_FILE).follower_gains == (FollowerGain(50_000, 2),)
    broken = VALID.replace("2000}", "-1}").replace("gained: 50000", "gaind: 50000").replace(" 1000\n", " many\n")
    error = refused(broken)
    assert [problem.line for problem in error.problems] == [4, 12, 12, 15]
    assert "line 15: warnings.negative_delta_plays" in error.hint


def test_a_mistake_in_a_tier_hides_no_other_one() -> None:
    broken = (VALID + MOMENTUM).replace("2000}", "-1}").replace("from_followers: 1000000", "from_followers: 2000000")
    assert [problem.key for problem in refused(broken.replace("big: 400000", "big: 0")).problems] == [
        f"{TIERS}[0].plays_per_hour",
        f"{TIERS}[2].from_followers",
        "momentum.plays_per_hour.big",
    ]
    # What was reported as wrong is not held against its neighbour.
    (problem,) = refused(VALID.replace("below_followers: 10000,", "below_followers: many,")).problems
    assert problem.key == f"{TIERS}[0].below_followers"
    (problem,) = refused(VALID.replace("below_followers: 10000,", "below_folowers: 10000,")).problems
    assert problem.key == f"{TIERS}[0].below_folowers"


@pytest.mark.parametrize(("old", "hint"), [("gaind", "did you mean gained?"), ("nonsense", "known keys: gained, within_hours")])
def test_the_hint_for_an_unknown_key_names_the_known_ones(old: str, hint: str) -> None:
    assert refused(VALID.replace("gained: 50000", f"{old}: 50000")).hint.startswith(hint)


def test_what_the_valid_file_means() -> None:
    found = parse_thresholds(VALID)
    assert found.tiers[2] == Tier("big", 1_000_000, None, 100_000.5)
    assert found.unknown_authors == 20_000
    assert found.follower_gains == (FollowerGain(50_000, 2), FollowerGain(90_000, 24))
    assert parse_thresholds(VALID.replace("    - {gained: 50000, within_hours: 2}\n    - {gained: 90000, within_hours: 24}\n", "")
                            .replace("gains:", "gains: []")).follower_gains == ()  # fmt: skip


def test_momentum_may_be_left_out_and_goes_by_the_tiers_of_trending() -> None:
    assert parse_thresholds(VALID).momentum is None
    rates = (("small", 3000.0), ("mid", 30_000.5), ("big", 400_000.0), ("unknown", 50_000.0))
    assert parse_thresholds(VALID + MOMENTUM).momentum == Momentum(rates, 3, 6)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "reason"),
    [
        ("mid: 30000.5, ", "", 17, "momentum.plays_per_hour.mid", "is missing"),
        (", unknown: 50000", "", 17, "momentum.plays_per_hour.unknown", "is missing"),
        ("mid: 30000.5", "middle: 1, mid: 2", 17, "momentum.plays_per_hour.middle", "unknown key"),
        ("small: 3000", "small: 0", 17, "momentum.plays_per_hour.small", "is 0"),
        ("observations: 3", "observations: 1", 18, "momentum.least_observations", "1 is below 2"),
        ("observations: 3", "observations: 121", 18, "momentum.least_observations", "121 is above 120"),
        ("quiet_hours: 6", "quiet_hours: 0", 19, "momentum.quiet_hours", "0 is below 1"),
        ("  quiet_hours: 6\n", "", 17, "momentum.quiet_hours", "is missing"),
        (MOMENTUM, "momentum: 7", 16, "momentum", "a number"),
    ],
)
def test_a_wrong_momentum_is_refused(old: str, new: str, line: int, key: str, reason: str) -> None:
    (problem,) = refused((VALID + MOMENTUM).replace(old, new)).problems
    assert (problem.line, problem.key) == (line, key)
    assert reason in problem.reason


def test_the_tiers_of_momentum_are_not_looked_at_while_those_of_trending_are_wrong() -> None:
    (problem,) = refused((VALID + MOMENTUM).replace("name: mid", "name: 7")).problems
    assert problem.key == f"{TIERS}[1].name"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing, latin = tmp_path / "missing.yaml", tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: caf\xe9\n")
    for path, message in (
        (missing, f"{missing}: (file): cannot be read: No such file or directory"),
        (tmp_path, f"{tmp_path}: (file): is a directory"),
        (latin, f"{latin}:2: (text): is not UTF-8: byte 0xe9"),
    ):
        with pytest.raises(ThresholdsFileError) as caught:
            load_thresholds(path)
        assert caught.value.message == message


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + VALID.encode())
    assert load_thresholds(path) == parse_thresholds(VALID)


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text(VALID + "# filler\n" * 600_000)
    began = time.monotonic()
    with pytest.raises(ThresholdsFileError) as caught:
        load_thresholds(path)
    assert caught.value.message == f"{path}:1: (file): is larger than {MAX_BYTES // 1024} KiB"
    assert time.monotonic() - began < 1


def test_the_file_of_the_directory_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_file() == SHIPPED_FILE
    (tmp_path / "thresholds.yaml").write_text(VALID)
    assert default_file() == Path("thresholds.yaml")


@st.composite
def any_thresholds(draw: st.DrawFn) -> Thresholds:
    """Thresholds that the rules allow for."""
    rate = st.floats(min_value=1e-6, max_value=2.0**53, allow_nan=False) | st.integers(1, 2**53).map(float)
    bounds = [0, *sorted(draw(st.sets(st.integers(1, 2**53), max_size=6)))]
    names = draw(
        st.lists(
            st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True).filter(lambda name: name != UNKNOWN_TIER)
            | st.sampled_from(("no", "yes", "on", "off", "y", "null", "true")),
            min_size=len(bounds),
            max_size=len(bounds),
            unique=True,
        )
    )
    ends = [*bounds[1:], None]
    tiers = tuple(Tier(name, begin, end, draw(rate)) for name, begin, end in zip(names, bounds, ends, strict=True))
    spans = draw(st.lists(st.integers(1, 168), max_size=4, unique=True))
    gains = tuple(FollowerGain(draw(st.integers(1, 2**53)), hours) for hours in spans)
    rates = tuple((name, draw(rate)) for name in (*names, UNKNOWN_TIER))
    momentum = Momentum(rates, draw(st.integers(2, MAX_OBSERVATIONS)), draw(st.integers(1, 168)))
    return Thresholds(tiers, draw(rate), gains, draw(st.integers(1, 2**53)), draw(st.none() | st.just(momentum)))


@given(any_thresholds())
def test_valid_thresholds_are_accepted_and_come_back_as_they_are(thresholds: Thresholds) -> None:
    assert parse_thresholds(to_yaml(thresholds)) == thresholds
    assert Thresholds.from_json(thresholds.to_json()) == thresholds


@given(any_thresholds(), st.none() | st.integers(0, 2**63))
def test_everybody_is_judged_by_exactly_one_tier(thresholds: Thresholds, followers: int | None) -> None:
    name, rate = thresholds.judge(followers)
    fitting = [
        (tier.name, tier.plays_per_hour)
        for tier in thresholds.tiers
        if followers is not None
        and tier.from_followers <= followers
        and (tier.below_followers is None or followers < tier.below_followers)
    ]
    assert [(name, rate)] == (fitting if followers is not None else [(UNKNOWN_TIER, thresholds.unknown_authors)])


@given(st.text(max_size=300) | st.text(alphabet="-:[]{}&*!|>'\"%@#,? \nab1.", max_size=60))
def test_any_text_ends_in_thresholds_or_in_a_named_problem(text: str) -> None:
    error = refused(text)
    assert error.problems[0].line >= 1


@given(st.integers(0, len(VALID) - 1), st.characters(exclude_categories=["Cs"]))
def test_one_wrong_character_never_crashes(position: int, character: str) -> None:
    text = VALID[:position] + character + VALID[position + 1 :]
    with contextlib.suppress(ThresholdsFileError):
        assert parse_thresholds(text).tiers


LIVE = """\
live:
  viewers: {small: 1000, mid: 10000, big: 100000, unknown: 5000}
  diamonds_per_minute: {small: 100, mid: 500.5, big: 5000, unknown: 200}
  quiet_minutes: 30
"""


def test_live_rooms_may_be_left_out_and_go_by_the_tiers_of_trending() -> None:
    assert parse_thresholds(VALID).live is None
    viewers = (("small", 1000.0), ("mid", 10_000.0), ("big", 100_000.0), ("unknown", 5_000.0))
    diamonds = (("small", 100.0), ("mid", 500.5), ("big", 5_000.0), ("unknown", 200.0))
    found = parse_thresholds(VALID + LIVE)
    assert found.live == Live(viewers, diamonds, 30)
    assert parse_thresholds(to_yaml(found)) == found


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "reason"),
    [
        ("mid: 10000, ", "", 17, "live.viewers.mid", "is missing"),
        ("mid: 500.5", "middle: 1, mid: 2", 18, "live.diamonds_per_minute.middle", "unknown key"),
        ("quiet_minutes: 30", "quiet_minutes: 1441", 19, "live.quiet_minutes", "1441 is above 1440"),
    ],
)
def test_a_wrong_rule_for_live_rooms_is_refused(old: str, new: str, line: int, key: str, reason: str) -> None:
    with pytest.raises(ThresholdsFileError) as raised:
        parse_thresholds(VALID + LIVE.replace(old, new))
    first = raised.value.problems[0]
    assert (first.line, first.key) == (line, key)
    assert reason in first.reason


def test_the_shipped_rule_for_live_rooms_is_one_once_its_comment_signs_are_gone() -> None:
    text = SHIPPED_FILE.read_text(encoding="utf-8")
    section = [line.removeprefix("# ") for line in text[text.index("# live:") : text.index("warnings:")].splitlines()]
    assert parse_thresholds(text + "\n".join(section)).live is not None
