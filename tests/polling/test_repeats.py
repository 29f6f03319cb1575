"""Exact repeats, against a plain model; the log that they are rebuilt from; bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.topics import load_topics
from polling.writing.repeats import Pending, Repeats, Verdict, observed_ms

TOPIC = "tiktok.posts.events"
WINDOW = 1_000
START = 1_800_000_000_000
CODECS = {
    name: AvroCodec(load_topics()[name].schema_text()) for name in (TOPIC, "tiktok.users.snapshots", "tiktok.comments.events")
}


def post(key: str, plays: int, at_ms: int, author: str = "1", **changes: Any) -> bytes:
    record = {
        "aweme_id": key, "region": None, "title": "", "duration": 1, "play": "", "wmplay": "", "hdplay": None, "play_count": plays,
        "digg_count": 0, "comment_count": 0, "share_count": 0, "download_count": 0, "collect_count": 0,
        "create_time": 1_767_557_521,        "author_id": author, "ingested_at": at_ms,
    }  # fmt: skip
    return CODECS[TOPIC].encode(record | changes, header(7))


class Logged:
    """A record as a consumer gives it."""

    def __init__(self, key: str, value: bytes | None) -> None:
        self._key, self._value = key.encode(), value

    def topic(self) -> str:
        return TOPIC

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value


def judged(repeats: Repeats, key: str, plays: int, at_ms: int, pending: Pending | None = None) -> Verdict:
    """Judged in a transaction of its own, which is committed, when none is given."""
    own: Pending = {}
    verdict = repeats.compare(TOPIC, key, post(key, plays, at_ms), at_ms, own if pending is None else pending)
    if pending is None:
        repeats.mark(own, at_ms)
    return verdict


ADDRESS = st.text(max_size=200)


@given(
    before=st.tuples(ADDRESS, ADDRESS, st.none() | ADDRESS),
    after=st.tuples(ADDRESS, ADDRESS, st.none() | ADDRESS),
    region=st.none() | st.text(max_size=3),
    title=st.text(max_size=300),
    duration=st.integers(0, 2**31 - 1),
)
def test_addresses_that_are_signed_anew_are_no_change_and_everything_else_is(
    before: tuple[str, str, str | None], after: tuple[str, str, str | None], region: str | None, title: str, duration: int
) -> None:
    def value(addresses: tuple[str, str, str | None], at_ms: int, **changes: Any) -> bytes:
        play, wmplay, hdplay = addresses
        told = {"region": region, "title": title, "duration": duration, "play": play, "wmplay": wmplay, "hdplay": hdplay}
        return post("a", 5, at_ms, **(told | changes))

    repeats = Repeats(WINDOW)
    pending: Pending = {}
    repeats.compare(TOPIC, "a", value(before, START), START, pending)
    repeats.mark(pending, START)

    def verdict(found: bytes) -> Verdict:
        return repeats.compare(TOPIC, "a", found, START + 1, {})

    assert verdict(value(after, START + 1)) is Verdict.REPEAT
    for change in ({"title": title + "!"}, {"region": "XYZ?"}, {"duration": duration ^ 1}, {"play_count": 6}, {"author_id": "2"}):
        assert verdict(value(after, START + 1, **change)) is Verdict.MOVED


def test_the_addresses_are_where_they_are_looked_for() -> None:
    fields = CODECS[TOPIC].fields
    assert fields[:7] == ("aweme_id", "region", "title", "duration", "play", "wmplay", "hdplay")


# One step: which post, its plays, milliseconds since the last step, whether its transaction ends here, and whether by a commit.
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 700), st.booleans(), st.booleans()), min_size=1, max_size=60
)


@given(STEPS)
def test_it_is_the_plain_model(steps: list[tuple[str, int, int, bool, bool]]) -> None:
    """The model: the last committed value and its time, by post; nothing of an aborted transaction."""
    repeats, pending, now = Repeats(WINDOW), Pending(), START
    committed: dict[str, tuple[int, int]] = {}
    open_ones: dict[str, tuple[int, int]] = {}
    for key, plays, pause, ends, commits in steps:
        now += pause
        last = open_ones.get(key, committed.get(key))
        expected = last is not None and last[0] == plays and now - last[1] < WINDOW
        assert (judged(repeats, key, plays, now, pending) is Verdict.REPEAT) == expected
        if not expected:
            open_ones[key] = (plays, now)
        if ends:
            if commits:
                repeats.mark(pending, now)
                committed |= open_ones
            pending, open_ones = Pending(), {}


def test_a_counter_that_goes_back_to_an_earlier_value_passes() -> None:
    repeats = Repeats(WINDOW)
    found = [judged(repeats, "a", plays, START + step) for step, plays in enumerate((5, 5, 6, 6, 5, 5))]
    moved, repeat = Verdict.MOVED, Verdict.REPEAT
    assert found == [moved, repeat, moved, repeat, moved, repeat]


def test_an_unchanged_one_passes_once_per_window_and_did_not_move() -> None:
    repeats = Repeats(WINDOW)
    found = [judged(repeats, "a", 5, START + at) for at in (0, 999, 1_000, 1_999, 2_000)]
    repeat, renewed = Verdict.REPEAT, Verdict.RENEWED
    assert found == [Verdict.MOVED, repeat, renewed, repeat, renewed]


def test_posts_and_topics_do_not_know_each_other() -> None:
    repeats, pending = Repeats(WINDOW), Pending()
    value = post("a", 5, START)
    assert repeats.compare(TOPIC, "a", value, START, pending) is Verdict.MOVED
    assert repeats.compare("tiktok.comments.events", "a", value, START, pending) is Verdict.MOVED
    assert repeats.compare(TOPIC, "b", post("b", 5, START), START, pending) is Verdict.MOVED


def test_old_entries_leave() -> None:
    repeats = Repeats(WINDOW)
    for index in range(100):
        judged(repeats, str(index), 5, START + index)
    assert len(repeats) == 100
    judged(repeats, "new", 5, START + 2 * WINDOW + 60)
    assert 1 < len(repeats) < 60


def test_the_eldest_leave_when_it_is_full_and_at_worst_a_repeat_passes() -> None:
    repeats = Repeats(WINDOW, capacity=160)
    for index in range(160):
        judged(repeats, str(index), 5, START)
    judged(repeats, "0", 6, START)  # the youngest now
    judged(repeats, "new", 5, START)
    assert 140 <= len(repeats) <= 160
    assert judged(repeats, "0", 6, START) is Verdict.REPEAT
    assert judged(repeats, "159", 5, START) is Verdict.REPEAT
    assert judged(repeats, "1", 5, START) is Verdict.MOVED


def test_it_is_rebuilt_from_the_log() -> None:
    log = [
        Logged("a", post("a", 5, START)),
        Logged("b", post("b", 1, START)),
        Logged("a", post("a", 6, START + 10)),
        Logged("b", None),
        Logged("c", b"\x00\x00\x00\x00\x07poison"),
        Logged("d", b""),
    ]
    repeats = Repeats(WINDOW)
    found: Any = log
    assert repeats.rebuild(found, START + 20) == 3
    assert judged(repeats, "a", 5, START + 20) is Verdict.MOVED
    assert judged(repeats, "b", 1, START + 20) is Verdict.REPEAT
    assert judged(repeats, "b", 1, START + WINDOW) is Verdict.RENEWED


@given(st.integers(1_451_606_400_000, (1 << 42) - 1), st.text(max_size=4))
def test_the_time_is_found_at_the_end_of_the_bytes(at_ms: int, author: str) -> None:
    assert observed_ms(post("a", 1, at_ms, author.encode("utf-8", "replace").decode())) == at_ms


@given(st.binary(max_size=40))
def test_bytes_of_any_kind_have_a_time_or_none(value: bytes) -> None:
    found = observed_ms(value)
    assert found is None or 1_451_606_400_000 <= found < 1 << 42


def test_the_time_is_the_last_field_of_every_observed_topic() -> None:
    for codec in CODECS.values():
        assert codec.fields[-1] == "ingested_at"


@pytest.mark.parametrize(("window", "capacity"), [(0, 100), (1, 1)])
def test_senseless_bounds(window: int, capacity: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        Repeats(window, capacity)
