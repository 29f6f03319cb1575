"""What a job names is all that it says: the graph finds the rest, in order, and refuses what does not hang together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.graph import graph
from jobs.render import SqlFileError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty `sql/`."""
    monkeypatch.setattr("jobs.render.SQL_DIR", tmp_path)
    monkeypatch.setattr("jobs.graph.SQL_DIR", tmp_path)
    graph.cache_clear()
    yield tmp_path
    graph.cache_clear()


def write(folder: Path, **views: str) -> None:
    (folder / "30_marts").mkdir(exist_ok=True)
    for name, reads in views.items():
        (folder / "30_marts" / f"{name}.sql").write_text(f"CREATE TEMPORARY VIEW {name} AS SELECT 1 AS a FROM {reads}")


def test_a_closure_has_each_file_behind_what_it_reads() -> None:
    files = graph().closure(["trending_hourly", "engagement_hourly_topic"])
    names = [file.name for file in files]
    assert len(names) == len(set(names))
    for file in files:
        assert all(names.index(name) < names.index(file.name) for name in graph().reads(file))
    assert {"hourly_maxima", "posts_events", "users_snapshots", "engagement_hourly_results"} < set(names)
    assert "engagement_hourly_maxima" not in names


def test_names_in_strings_and_of_subqueries_are_not_read(folder: Path) -> None:
    write(folder, b="(VALUES (1)) AS t(x)", a="b WHERE 'FROM nobody' <> ''")
    assert [file.name for file in graph().closure(["a"])] == ["b", "a"]


def test_a_name_that_nobody_creates(folder: Path) -> None:
    write(folder, a="b", b="nobody")
    with pytest.raises(SqlFileError, match=r"sql/30_marts/b\.sql: reads nobody, which no file creates"):
        graph().closure(["a"])
    with pytest.raises(SqlFileError, match="no file below sql/ creates c"):
        graph().closure(["c"])


def test_a_circle_is_spelled_out(folder: Path) -> None:
    write(folder, a="b", b="c", c="b")
    with pytest.raises(SqlFileError, match=r"sql/30_marts/b\.sql: b reads c reads b"):
        graph().closure(["a"])


def test_a_file_that_nobody_needs(folder: Path) -> None:
    write(folder, a="b", b="(VALUES (1)) AS t(x)", alone="b")
    assert [file.name for file in graph().unneeded(graph().closure(["a"]))] == ["alone"]


def test_two_files_of_one_name(folder: Path) -> None:
    write(folder, a="b")
    (folder / "20_staging").mkdir()
    (folder / "20_staging" / "a.sql").write_text("CREATE TEMPORARY VIEW a AS SELECT 1 AS a FROM b")
    with pytest.raises(SqlFileError, match=r"sql/30_marts/a\.sql: a is also in sql/20_staging/a\.sql"):
        graph()


def test_a_template_is_made_for_each_topic_with_records() -> None:
    rejected = {file.name: file for file in graph().creators.values() if file.path.name == "rejected.sql"}
    assert set(rejected) == {f"{records}_rejected" for records in ("posts", "users", "comments", "live", "rooms")}
    assert graph().reads(rejected["posts_rejected"]) == ["posts_events"]
    assert graph().reads(rejected["comments_rejected"]) == ["comments_checked"], "what its texts cannot be scored for counts, too"
    assert not any("<" in file.name for file in graph().creators.values())
