"""Every captured body gives the records that it must, through import and through the poller, field by field."""

from __future__ import annotations

import json

import pytest

from tests.captures.corpus import Capture, captures, imported, polled, row

CAPTURES = captures()
every_capture = pytest.mark.parametrize("capture", CAPTURES, ids=[one.name for one in CAPTURES])


@every_capture
def test_pollers_read_it(capture: Capture) -> None:
    outcome = polled(capture, json.dumps(capture.body, ensure_ascii=False).encode())
    if "refusal" in capture.expect:
        assert outcome.refusal is not None
        assert outcome.refusal.reason == capture.expect["refusal"]
        return
    assert outcome.refusal is None
    assert outcome.records == capture.expect["records"]
    assert outcome.problems == capture.expect["problems"]
    assert outcome.counted == capture.expect["counted"]
    assert outcome.cursor == capture.expect["cursor"]


FORMS = [(one, form) for one in CAPTURES for form in ("object", "text", *(["bare"] if one.bare else []))]


@pytest.mark.parametrize(("capture", "form"), FORMS, ids=[f"{one.name}-{form}" for one, form in FORMS])
def test_import_reads_the_same(capture: Capture, form: str) -> None:
    text = json.dumps(capture.body, ensure_ascii=False)
    outcome = imported(capture, text if form == "bare" else row(capture, capture.body if form == "object" else text))
    assert outcome.records == capture.expect["records"]
    if "refusal" in capture.expect:
        assert outcome.skipped == capture.expect.get("skipped", "")
        assert bool(outcome.problems) == (not outcome.skipped)
        return
    assert outcome.problems == capture.expect["problems"]
    assert outcome.counted == capture.expect["counted"]


def test_the_corpus_covers_what_people_have() -> None:
    feeds = {(one.upstream, one.ask.feed.value) for one in CAPTURES}
    assert feeds >= {("tikapi", feed) for feed in ("profile", "posts", "post", "comments", "replies", "hashtag")}
    assert feeds >= {("tikliveapi", feed) for feed in ("profile", "posts", "post", "comments", "replies")}
