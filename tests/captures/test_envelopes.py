"""Whatever somebody put around a body: it gives the same records, and the paths of refusals lead through it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.upstream.model import SINGLE
from tests.captures.corpus import captures, imported, polled, row
from tests.captures.mutation import walk

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
STRANGER = {
    "id": "7",
    "desc": "x",
    "createTime": 1_700_000_000,
    "author": {"id": "9"},
    "stats": {"playCount": 1, "followerCount": 1},
}
# What others said: of their own errors, and what somebody may like, too.
OTHERS: list[dict[str, Any]] = [
    {"extra": {"status_code": 5}},
    {"log_pb": {"code": 10101}},
    {"suggested": [{"user": {"id": "9", "uniqueId": "HANDLE_9"}, "stats": {"followerCount": 1}}]},
    {"recommendList": [STRANGER, {**STRANGER, "author": None}]},
    {"related_videos": [{"aweme_id": "7", "play_count": 1, "create_time": 1_700_000_000}]},
]
# Of the list that is within, or of another one: what is nearer counts.
PAGING: list[dict[str, Any]] = [{"hasMore": True, "cursor": "5"}, {"page": {"has_more": 0, "cursor": 5, "nextCursor": "x"}}]
LAYERS = st.lists(st.tuples(NAMES, BESIDE, st.booleans()), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(CAPTURES), LAYERS)
def test_an_envelope_changes_nothing(data: st.DataObject, capture: Any, layers: list[tuple[str, dict[str, Any], bool]]) -> None:
    body: Any = capture.body
    path = ""
    for name, beside, as_text in layers:
        body = {**beside, **data.draw(st.sampled_from(allowed(capture))), name: json.dumps(body) if as_text else body}
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


def allowed(capture: Any) -> list[dict[str, Any]]:
    """What may stand beside; an answer without a list of a known name, or a next page, may take that from there."""
    names = {path[-1] for path, _ in walk(capture.body) if path}
    named = names & {"itemList", "items", "aweme_list", "itemListData", "ItemModule", "videos", "comments"}
    single = capture.ask.feed in SINGLE
    if not capture.expect["records"] or not (named or single):
        return [{}, *OTHERS[:2]]
    return [{}, *OTHERS, *(PAGING if single or names & {"hasMore", "has_more", "cursor"} else [])]
