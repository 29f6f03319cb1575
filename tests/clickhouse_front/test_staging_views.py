"""The staging views give of each recorded response what the pollers make of it, for both upstreams."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from connectors.upstream.records import COMMENTS, POSTS, USERS
from stack.migrations import apply_migrations

from .conftest import ADMIN, ROOT, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "staging"
CASES = sorted((ROOT / "tests/connectors/upstream/cases").glob("tik*/*.json"))
VIEWS = {USERS: "stg_tiktok_users", POSTS: "stg_tiktok_posts", COMMENTS: "stg_tiktok_comments"}
AT = datetime(2026, 11, 5, 12, tzinfo=UTC)
_SAME = (
    "title",
    "duration",
    "play",
    "wmplay",
    "hdplay",
    "play_count",
    "digg_count",
    "comment_count",
    "share_count",
    "collect_count",
)
# Where an upstream says nothing, pollers write 0 and staging has NULL.
_ZERO_WHERE_ABSENT = ("download_count", "reply_total")


def seconds(value: datetime) -> int:
    return round(value.replace(tzinfo=UTC).timestamp())


def shown(topic: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of the view as a record of the topic; `ingested_at` aside."""
    if topic == USERS:
        user = {"id": "user_id", "uniqueId": "unique_id", "nickname": "nickname", "secUid": "sec_uid", "region": "region"}
        flags = {"verified": bool(row["is_verified"]), "privateAccount": bool(row["is_private"])}
        stats = ("follower", "following", "heart", "video", "digg")
        return {
            "userid": row["user_id"],
            "user": {name: row[column] for name, column in user.items()} | flags,
            "stats": {f"{name}Count": row[f"{name}_count"] for name in stats},
        }
    zero = {name: row[name] or 0 for name in _ZERO_WHERE_ABSENT if name in row}
    if topic == POSTS:
        known = {name: row[name] for name in ("aweme_id", "region", *_SAME)}
        return known | zero | {"create_time": seconds(row["created_at"]), "author_id": row["author_user_id"]}
    user = {"id": row["user_id"], "uniqueId": row["unique_id"], "nickname": row["nickname"], "region": row["region"]}
    known = {name: row[name] for name in ("video_id", "text", "digg_count", "parent_id")}
    return known | zero | {"id": row["comment_id"], "create_time": seconds(row["created_at"]), "user": user}


@pytest.fixture(scope="module")
def landed(front: FrontProcess) -> Iterator[tuple[Any, dict[uuid.UUID, tuple[Path, dict[str, Any]]]]]:
    """A client, and the cases by the id of their request. Every response occurs twice, as after a lost reply."""
    url = front.url(ADMIN, DATABASE)
    apply_migrations(url)
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    cases: dict[uuid.UUID, tuple[Path, dict[str, Any]]] = {}
    rows = []
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        body = case["answer"].get("body", case["answer"].get("text", ""))
        request_id = uuid.uuid4()
        cases[request_id] = (path, case)
        params = "&".join(f"{name}={value}" for name, value in sorted(case["request"]["params"].items()))
        payload = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        rows.append([AT, path.parent.name, case["request"]["endpoint"], params, case["answer"]["status"], payload, request_id, 1])
    for _ in range(2):
        client.insert("raw_api_responses", rows)
    yield client, cases
    client.close()


@pytest.mark.parametrize("topic", VIEWS)
def test_good_records_of_every_recorded_response(landed: Any, topic: str) -> None:
    client, cases = landed
    view = VIEWS[topic]
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for row in client.query(f"SELECT * FROM {view}").named_results():
        found.setdefault(row["request_id"], []).append(row)
    upstreams = set()
    for request_id, (path, case) in cases.items():
        observed = [seen for seen in case["expect"].get("page", {}).get("observations", ()) if seen["topic"] == topic]
        if any(seen["problem"] for seen in observed):
            continue
        want = [{name: value for name, value in seen["record"].items() if name != "ingested_at"} for seen in observed]
        # A page that repeats a record says it once; a look-up of a profile is no page of it, but staging has it.
        rows = [json.dumps(shown(topic, row), sort_keys=True) for row in found.get(request_id, ()) if want]
        assert sorted(rows) == sorted({json.dumps(record, sort_keys=True) for record in want}), path.name
        upstreams |= {path.parent.name} if want else set()
    assert upstreams == {"tikapi", "tikliveapi"}
    assert all(cases[request_id][1]["answer"]["status"] == 200 for request_id in found)


def test_what_no_topic_carries(landed: Any) -> None:
    client, cases = landed
    rows = client.query("SELECT request_id, signature, avatar_url, bio_link, upstream FROM stg_tiktok_users").result_rows
    signed = {(cases[row[0]][0].stem, row[4]): row[1:4] for row in rows}
    assert signed["userinfo", "tikliveapi"] == signed["profile_by_id", "tikapi"] == ("hi", "", "")
