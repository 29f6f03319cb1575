"""What ClickHouse adds: asked in one go, waited for no longer than the bound, and remembered."""

from __future__ import annotations

import threading
import time

import pytest

from alerts.facts import UNKNOWN, Known
from alerts.lookup import FRESH_S, MUTES_FRESH_S, REST_S, Lookup
from connectors.clickhouse.client import ClickHouseUnavailableError
from tests.alerts.knowing import MUTE, Asked, Kept
from tests.alerts.receiver import AUTHOR, NOW_MS, Clock, alert, alerts, followers, trending


def away() -> None:
    raise ClickHouseUnavailableError("ClickHouse at x does not answer")


def test_a_group_is_one_question_and_is_remembered() -> None:
    asked, clock = Asked(), Clock()
    lookup, some = Lookup(asked, Kept(), clock), [*alerts(200), alert(followers("42"))]
    found = lookup.look(some)
    assert [len(ids) for ids in asked.questions[0]] == [200, 2]
    assert found[some[0].key] == Known("title of post-00000", "anna", ("pasta",), 7)
    assert found[some[200].key] == UNKNOWN
    assert lookup.look(some) == found
    assert len(asked.questions) == 1
    clock.now += MUTES_FRESH_S
    assert lookup.look(some) == found
    # Only the mutes were old.
    assert asked.questions[1:] == [(set(), set())]
    clock.now += FRESH_S
    lookup.look(some[:1])
    assert asked.questions[2:] == [({"post-00000"}, {AUTHOR})]


def test_a_server_that_hangs_delays_nothing_by_more_than_the_bound() -> None:
    go_on = threading.Event()
    asked = Asked(during=lambda: assert_set(go_on))
    lookup, (one,) = Lookup(asked, Kept(), wait_s=0.1), alerts(1)
    began = time.monotonic()
    assert lookup.look([one]) == {one.key: UNKNOWN}
    assert lookup.look([one]) == {one.key: UNKNOWN}
    assert time.monotonic() - began < 5
    # One question at a time, and its answer is not lost.
    assert len(asked.questions) == 1
    go_on.set()
    patient = threading.Event()
    while lookup.look([one]) == {one.key: UNKNOWN} and time.monotonic() - began < 20:
        patient.wait(0.01)
    assert lookup.look([one])[one.key].title == "title of post-00000"
    assert len(asked.questions) == 1


def assert_set(event: threading.Event) -> None:
    assert event.wait(20)


def test_a_server_that_is_away_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    asked, clock, kept = Asked(during=away), Clock(), Kept([MUTE])
    lookup, (one,) = Lookup(asked, kept, clock), alerts(1)
    for _ in range(3):
        assert lookup.look([one]) == {one.key: UNKNOWN}
    assert len(asked.questions) == 1
    assert caplog.text.count("messages say less") == 1
    # What was muted before it went away stays so; what needs a hashtag cannot be told.
    assert lookup.muted_by(one, Known(hashtags=("pasta",)), NOW_MS) == MUTE
    assert lookup.muted_by(one, UNKNOWN, NOW_MS) is None
    clock.now += REST_S
    asked.during = lambda: None
    assert lookup.look([one])[one.key].title == "title of post-00000"


def test_mutes_are_kept_for_a_start_without_clickhouse() -> None:
    kept, one = Kept(), alert(trending())
    Lookup(Asked(), kept, Clock()).look([one])
    assert list(kept.kept) == [MUTE]
    again = Lookup(Asked(during=away), kept, Clock())
    again.look([one])
    assert again.muted_by(one, Known(hashtags=("pasta",)), NOW_MS) == MUTE
    assert again.muted_by(one, Known(hashtags=("pasta",)), NOW_MS + 1) is None
