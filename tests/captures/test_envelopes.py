"""Whatever somebody put around a body: it gives the same records, and the paths of refusals lead through it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.captures.corpus import captures, imported, polled, row

CAPTURES = [one for one in captures() if "refusal" not in one.expect]
NAMES = st.sampled_from(["data", "json", "result", "response", "body", "payload_v2", "aweme", "0", "__DEFAULT_SCOPE__", "webapp.x"])
BESIDE: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"code": 0, "msg": "success", "processed_time": 0.3},
        {"code": 200, "message": "Request successful.", "params": {"count": "30"}, "cache": None},
        {"status": "ok"},
        {"statusCode": 200, "headers": {"content-type": "application/json"}},
        {"success": True, "error": None, "remaining": [1, 2, {"a": 1}]},
    ]
)
LAYERS = st.lists(st.tuples(NAMES, BESIDE, st.booleans()), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CAPTURES), LAYERS)
def test_an_envelope_changes_nothing(capture: Any, layers: list[tuple[str, dict[str, Any], bool]]) -> None:
    body: Any = capture.body
    path = ""
    for name, beside, as_text in layers:
        body = {**beside, name: json.dumps(body) if as_text else body}
        path = f"{name}.{path}"
    wrapped = replace(capture, body=body)
    expect = capture.expect
    by_poller = polled(wrapped, json.dumps(body).encode())
    by_import = imported(wrapped, row(wrapped, body))
    assert by_poller.refusal is None
    for outcome in (by_poller, by_import, *([imported(wrapped, json.dumps(body))] if capture.bare else [])):
        assert outcome.records == expect["records"]
        assert outcome.problems == [path + problem for problem in expect["problems"]]
        assert outcome.counted == expect["counted"]
    assert by_poller.cursor == expect["cursor"]
