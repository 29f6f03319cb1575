"""`tokpulse import --dry-run`: nothing is dropped without a line that says so."""

import json
from pathlib import Path

import pytest

from cli.import_file import BadLinesError, ImportFileError, command

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
