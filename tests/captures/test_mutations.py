"""One changed value costs at most its item, never the page, and never in silence; pollers and import agree about it.

TOKPULSE_TEST_MUTATIONS says how many bodies are tried (default 300). From 10,000 on every field is left out and null, too.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import SINGLE, Feed
from tests.captures.corpus import Capture, Outcome, captures, imported, polled, row
from tests.captures.mutation import CHANGES, MISSING, Mutable, Mutation, dotted, walk

# Those whose items are in their bodies as objects: one is a text.
MUTABLE = [Mutable.of(one) for one in captures() if one.expect["records"] and one.name != "wrapped_text"]
MORE, CURSORS = ("hasMore", "has_more"), ("cursor", "max_cursor", "maxCursor", "nextCursor")
TRIED = int(os.environ.get("TOKPULSE_TEST_MUTATIONS", "300"))


@settings(max_examples=TRIED, deadline=None)
@given(st.data())
def test_one_changed_value_costs_at_most_its_item(data: st.DataObject) -> None:
    mutable = data.draw(st.sampled_from(MUTABLE))
    path = data.draw(st.sampled_from(mutable.paths))
    mutation = mutable.with_change(path, data.draw(st.sampled_from(mutable.changes(path))))
    check(mutable, mutation)


@pytest.mark.skipif(TRIED < 10_000, reason="TOKPULSE_TEST_MUTATIONS=10000 tries all")
def test_every_field_of_every_form_may_be_missing_or_null() -> None:
    """All of them, not a sample: what is lost in silence today is what nobody sees tomorrow."""
    for mutable in MUTABLE:
        for path in mutable.paths:
            for change in {"null", MISSING} & set(mutable.changes(path)):
                check(mutable, mutable.with_change(path, change))


def check(mutable: Mutable, mutation: Mutation) -> None:
    outcome = polled(mutation.capture, mutation.text.encode("utf-8", "surrogatepass"))
    told = f"{mutation.capture.name}: {dotted(mutation.path)}: {mutation.change}: {outcome}"[:2_000]
    wanted = mutation.capture.expect["records"]
    before = len(mutation.capture.expect["problems"])
    others = [record for number, record in enumerate(wanted) if number != mutation.item]
    if mutable.is_around(mutation.path) or (mutation.item is not None and len(wanted) + before == 1):
        # What holds all items, or the only one: refused by name, unless it is read, or is how a list ends.
        named = outcome.refusal is not None and bool(outcome.refusal.reason and outcome.refusal.message)
        assert named or outcome.records or outcome.problems or ends(mutable, mutation), told
    else:
        assert outcome.refusal is None, told
        assert [record for record in others if record not in outcome.records] == [], told
        if mutation.item is not None:
            assert len(outcome.records) + len(outcome.problems) == len(wanted) + before, told
    if outcome.refusal is None and not ends(mutable, mutation):
        goes_on(mutation, outcome, told)
    for problem in outcome.problems:
        where, _, why = problem.partition(": ")
        assert where, told
        assert why, told
    agrees(mutation, outcome, told)


def ends(mutable: Mutable, mutation: Mutation) -> bool:
    """Is this how a list ends: an empty one, or none in an answer that says that there is no more?"""
    is_list = any(item[:-1] == mutation.path for item in mutable.items)
    said = [value for path, value in walk(mutation.capture.body) if path and path[-1] in MORE]
    return is_list and (mutation.change == "list" or (mutation.change in ("null", MISSING) and said in ([False], [0])))


def goes_on(mutation: Mutation, outcome: Outcome, told: str) -> None:
    """The next page is asked for as before, or it is known that it cannot be."""
    wanted = mutation.capture.expect["cursor"]
    if mutation.path[-1] not in (*MORE, *CURSORS):
        assert outcome.cursor == wanted, told
    elif wanted is not None and outcome.cursor is None:
        assert mutation.path[-1] in MORE or len(outcome.problems) > len(mutation.capture.expect["problems"]), told


def agrees(mutation: Mutation, outcome: Outcome, told: str) -> None:
    by_import = imported(mutation.capture, row(knowing_what_was_asked(mutation.capture), mutation.text))
    if outcome.refusal is not None:
        assert by_import.records == [], told
        assert by_import.problems or by_import.skipped, told
        return
    assert by_import.records == outcome.records, told
    assert len(by_import.problems) == len(outcome.problems), told
    assert by_import.counted == outcome.counted, told


def knowing_what_was_asked(capture: Capture) -> Capture:
    """With all that the poller knew in the row: TikAPI's requests have the secUid of a creator alone, some rows have no request."""
    if capture.ask.feed in SINGLE and not capture.row:
        call = UPSTREAMS[capture.upstream].call(capture.ask)
        return replace(capture, row={"endpoint": call.endpoint, "request_param": dict(call.params)})
    param = capture.row.get("request_param")
    if capture.ask.feed is not Feed.POSTS or not capture.ask.subject.isdigit() or not isinstance(param, str):
        return capture
    return replace(capture, row={**capture.row, "request_param": f"{param}&userid={capture.ask.subject}"})


def test_the_changes_are_those_that_hurt() -> None:
    assert len(CHANGES) >= 15
    assert sum(len(mutable.paths) for mutable in MUTABLE) > 1_000
