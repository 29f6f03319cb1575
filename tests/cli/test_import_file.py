"""`tokpulse import`: nothing is dropped without a line that says so, and every body is read as pollers read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.import_file import BadLinesError, Defaults, ImportFileError, Report, command, load_file
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask, Feed, Page, Refusal
from tests.connectors.upstream.recorded import RECEIVED_MS, Case, cases

GOOD = {
    "ingested_at": "2026-01-05T00:00:00Z",
    "payload": {
        "user": {"id": "5", "uniqueId": "u", "nickname": "n", "secUid": "s", "verified": True, "privateAccount": False},
        "stats": {"followerCount": 1, "followingCount": 1, "heartCount": 1, "videoCount": 1, "diggCount": 1},
    },
}


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_good_files_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command([write(tmp_path / "a.jsonl", GOOD, "", GOOD), write(tmp_path / "b.jsonl", GOOD)], dry_run=True)
    out = capsys.readouterr()
    assert out.out.strip() == "import: 3 lines, 3 to tiktok.users.snapshots, 0 bad"
    assert out.err == ""


def test_bad_lines_are_named_and_the_others_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payload = GOOD["payload"]
    assert isinstance(payload, dict)
    negative = GOOD | {"payload": payload | {"stats": payload["stats"] | {"followerCount": -4}}}
    path = write(tmp_path / "c.jsonl", GOOD, "nonsense", negative, {"payload": payload}, GOOD | {"http_status": 500}, GOOD)
    with pytest.raises(BadLinesError, match="3 bad"):
        command([path], dry_run=True)
    out = capsys.readouterr()
    lines = out.err.splitlines()
    assert lines[0].startswith(f"{path}:2: (line): is not JSON")
    assert lines[1] == f"{path}:3: stats.followerCount: -4 is negative"
    assert lines[2].startswith(f"{path}:4: ingested_at: is missing")
    assert "6 lines, 2 to tiktok.users.snapshots, 3 bad" in out.out
    assert "1 responses skipped: http_status 500" in out.out


def test_skip_bad_and_a_given_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "d.jsonl", {"payload": GOOD["payload"]}, "{")
    command([path], ingested_at="2026-01-05", skip_bad=True, dry_run=True)
    assert "1 to tiktok.users.snapshots, 1 bad" in capsys.readouterr().out


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"nowhere\.jsonl"):
        command([tmp_path / "nowhere.jsonl"], dry_run=True)


def test_an_upstream_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="no 'tikapii'"):
        command([write(tmp_path / "a.jsonl", GOOD)], upstream="tikapii", dry_run=True)


def body_of(case: Case) -> str:
    return case.answer.body.decode()


def polled(case: Case) -> Page | Refusal:
    """What a poller reads; an answer to a look-up of who somebody is holds the profile that a poll of profiles would read."""
    dialect, ask = UPSTREAMS[case.upstream], case.ask
    if dialect.call(ask).endpoint == "/public/check":
        ask = Ask(Feed.PROFILE, ask.subject)
    return dialect.read(ask, case.answer)


def imported(path: Path, line: str, untold: Defaults, capsys: pytest.CaptureFixture[str]) -> tuple[list[Any], list[str], Report]:
    """Records, what is said of bad items, and the report of one line."""
    path.write_text(line + "\n", encoding="utf-8")
    records: list[Any] = []
    report = Report()
    load_file(path, lambda topic, record: records.append((topic, record)), report, untold, None)
    return records, [said.removeprefix(f"{path}:1: ") for said in capsys.readouterr().err.splitlines()], report


def payloads(case: Case) -> list[Any]:
    """The body as text, which is how the raw landing keeps it, and as an object where it is one."""
    try:
        return [body_of(case), json.loads(body_of(case))]
    except ValueError:
        return [body_of(case)]


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize(
    ("case", "payload"),
    [(case, payload) for case in cases() for payload in payloads(case)],
    ids=[f"{case.upstream}-{case.name}-{type(payload).__name__}" for case in cases() for payload in payloads(case)],
)
def test_no_two_readers_disagree_about_one_body(
    case: Case, payload: Any, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    param = "&".join(f"{name}={value}" for name, value in case.request["params"].items())
    row = {"endpoint": case.request["endpoint"], "request_param": param, "http_status": case.answer.status, "payload": payload}
    if told:
        row |= {"upstream": case.upstream, "ingested_at": RECEIVED_MS}
    untold = Defaults() if told else Defaults(ingested_at_ms=RECEIVED_MS)
    records, said, report = imported(tmp_path / "x.jsonl", json.dumps(row), untold, capsys)
    read = polled(case)
    if isinstance(read, Refusal) or case.answer.status != 200:
        assert (records, report.skipped.total() + len(said)) == ([], 1)
        return
    assert records == [(seen.topic, seen.record) for seen in read.observations if seen.problem is None]
    assert said == [f"payload.{seen.problem}" for seen in read.observations if seen.problem is not None]
    assert report.skipped.total() == (
        case.ask.feed in (Feed.FOLLOWERS, Feed.FOLLOWING) and case.request["endpoint"] != "/public/check"
    )


# Whose bodies lack what only the request says: an author, a post. Replies look like comments.
ONLY_WITH_REQUEST = {"user_posts_author_from_request", "post_comments", "post_comments_drift"}
BARE = [case for case in cases() if "page" in case.expect and case.answer.status == 200 and case.ask.feed is not Feed.REPLIES]


@pytest.mark.parametrize("case", BARE, ids=lambda case: f"{case.upstream}-{case.name}")
def test_a_bare_body_is_told_by_its_keys(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read = polled(case)
    assert isinstance(read, Page)
    good = [(seen.topic, seen.record) for seen in read.observations if seen.problem is None]
    records, said, _ = imported(tmp_path / "x.jsonl", body_of(case), Defaults(ingested_at_ms=RECEIVED_MS), capsys)
    assert len(records) + len(said) == len(read.observations), "nothing is lost"
    if case.name in ONLY_WITH_REQUEST:
        assert [record for record in records if record not in good] == []
    else:
        assert records == good


def test_what_was_left_out_or_never_seen_is_counted_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = {"id": "7", "createTime": 1_700_000_000, "author": {"id": "5"}, "desc": "", "video": {"duration": 3}, "sparkle": 1}
    stats = {"playCount": 1, "diggCount": -2, "commentCount": 0, "shareCount": 0}
    line = {"ingested_at": "2026-01-05T00:00:00Z", "payload": {"code": 0, "data": {"itemList": [item | {"stats": stats}] * 28}}}
    command([write(tmp_path / "a.jsonl", line)], dry_run=True)
    out = capsys.readouterr()
    assert out.err == ""
    assert out.out.splitlines() == [
        "import: 1 lines, 28 to tiktok.posts.events, 0 bad",
        "  28 items: collect_count was left out, and is taken as 0, no or empty",
        "  28 items: sparkle is a field that was never seen before",
        "  28 items: digg_count could not be read, and is taken as 0",
    ]
