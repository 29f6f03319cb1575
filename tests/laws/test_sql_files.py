"""The way SQL files are written: one statement, a banner, lower numbers only, named columns, nothing unused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from connectors.topics import load_topics
from jobs.build import parameters
from jobs.catalog import JOBS as CATALOG
from jobs.definition import JobDefinition, identifier
from jobs.render import SqlFileError, load, render
from jobs.settings import JobSettings, parse, resolve

from .repository import SQL, modules, parsed
from .sql_text import (
    FOLDERS,
    Column,
    clickhouse_tables,
    code,
    ddl_columns,
    masked,
    migration_steps,
    number,
    numbered_files,
    references,
    select_lists,
    split_list,
)

FILES = numbered_files()
# Tables that a migration rebuilds from themselves by position: (number, table). New ones name their columns.
REBUILT_BY_POSITION = {
    ("0013", "engagement_hourly_maxima"),
    ("0013", "trending_hourly_log"),
    ("0013", "velocity_30m_extremes"),
    ("0028", "comments_log"),
}
JOBS = list(CATALOG.values())


def relative(path: Path) -> str:
    return path.relative_to(SQL).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def creators() -> dict[str, Path]:
    """Object -> the file that creates it."""
    return {path.stem: path for path in FILES if number(path) < 50}


def calls(text: str) -> set[str]:
    """The project's own functions that a statement calls."""
    functions = {path.stem for path in FILES if number(path) == 5}
    return {name for name in re.findall(r"\b(\w+)\s*\(", masked(text)) if name in functions}


def test_every_folder_is_known() -> None:
    assert {path.parent.name for path in FILES} <= set(FOLDERS)
    assert {path.name for path in SQL.iterdir() if path.is_dir() and path.name != "__pycache__"} == {*FOLDERS, "clickhouse"}


def test_objects_have_one_name_each() -> None:
    names = [path.stem for path in FILES if number(path) < 50]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_one_statement_named_as_its_file(path: Path) -> None:
    statement = load(relative(path))
    assert (statement.kind == "INSERT") == (number(path) == 50)
    kinds = {5: "FUNCTION", 10: "TABLE", 20: "VIEW", 30: "VIEW", 40: "TABLE", 50: "INSERT"}
    assert statement.kind == kinds[number(path)]


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_banner_says_question_and_grain(path: Path) -> None:
    banner = text_of(path)[: text_of(path).index(code(text_of(path))[:10])]
    assert banner.startswith("-- Question: ")
    assert banner.splitlines()[0].endswith("?") or "?" in banner.split("-- Grain:")[0]
    assert re.search(r"^-- Grain: +\S", banner, re.MULTILINE)
    if number(path) in (10, 20, 30, 40):
        assert re.search(r"^-- Key: +\S|^-- Grain: .*\(", banner, re.MULTILINE), "what identifies a row?"
    if number(path) == 30 and re.search(r"\b(TUMBLE|HOP|CUMULATE|SESSION)\(", masked(text_of(path))):
        assert "Window:" in banner
        assert "Lateness:" in banner


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_only_lower_numbers_are_read(path: Path) -> None:
    known = creators()
    for name in references(text_of(path)):
        assert name in known, f"{relative(path)} reads {name}, which no file creates"
        assert number(known[name]) <= number(path) if number(path) in (20, 30) else number(known[name]) < number(path)
    for name in calls(text_of(path)):
        assert number(known[name]) < number(path)


def test_views_of_one_folder_do_not_go_in_circles() -> None:
    reads = {path.stem: references(text_of(path)) for path in FILES if number(path) < 40}
    done: set[str] = set()
    while ready := {name for name, others in reads.items() if others <= done} - done:
        done |= ready
    assert set(reads) - done == set()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_star_reaches_anything(path: Path) -> None:
    assert not re.search(r"\bSELECT\s+(?:\w+\.)?\*|,\s*(?:\w+\.)\*", masked(text_of(path)))


@pytest.mark.parametrize("path", [path for path in FILES if number(path) in (20, 30)], ids=relative)
def test_every_branch_of_a_view_has_the_same_columns(path: Path) -> None:
    first, *others = select_lists(text_of(path))
    assert "" not in first, "an expression without a name"
    assert all(other == first for other in others)


@pytest.mark.parametrize("path", [path for path in FILES if number(path) == 50], ids=relative)
def test_an_insert_names_its_columns_and_selects_them_in_order(path: Path) -> None:
    match = re.match(r"INSERT\s+INTO\s+(\w+)\s*\(([^)]*)\)", masked(text_of(path)))
    assert match, "an INSERT names its columns"
    columns = split_list(match[2])
    assert all(names == columns for names in select_lists(text_of(path)))
    sink = creators()[match[1]]
    assert number(sink) == 40
    assert columns == [column.name for column in ddl_columns(text_of(sink))]


def test_a_migration_names_the_columns_that_it_writes() -> None:
    """Inside, a star is cut to what the outer list names; outside, it would put columns wherever they happen to stand."""
    tables: dict[str, list[Column]] = {}
    found = set()
    for file, statement in migration_steps(tables):
        if "*" not in [name for names in select_lists(statement) for name in names]:
            continue
        created = re.match(r"\s*CREATE\s+OR\s+REPLACE\s+TABLE\s+(\w+)\b.*\bSELECT\s+\*\s+FROM\s+\1\b", statement, re.DOTALL)
        assert created, f"{file.name} writes or shows columns by position"
        assert written(ddl_columns(statement)) == written(tables[created[1]]), f"{file.name} moves columns of {created[1]}"
        found.add((file.name[:4], created[1]))
    assert found == REBUILT_BY_POSITION


def written(columns: list[Column]) -> list[tuple[str, str]]:
    """Name and type of the columns that an INSERT gives and a star shows."""
    return [(column.name, column.type) for column in columns if not column.rest.startswith(("MATERIALIZED", "ALIAS"))]


def test_keywords_are_upper_case() -> None:
    words = re.compile(r"\b(select|from|where|group by|create|insert into|union all|as|and|or|not|case|when|then|end|with)\b")
    assert {relative(path): words.findall(masked(text_of(path))) for path in FILES if words.search(masked(text_of(path)))} == {}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_declares_its_files_in_the_order_of_need(job: JobDefinition) -> None:
    files = [*job.statements, *job.inserts]
    assert len(files) == len(set(files))
    before: set[str] = set()
    for file in files:
        text = text_of(SQL / file)
        assert references(text) | calls(text) <= before, f"{file} comes before something it reads"
        before.add(Path(file).stem)
    assert {Path(file).stem for file in job.inserts} == {Path(file).stem for file in job.sinks}


def test_every_declaration_is_in_the_catalog() -> None:
    declared = {
        path.stem
        for path in modules("jobs")
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "JOB" for target in node.targets)
    }
    assert declared == set(CATALOG)


def test_every_file_is_used_by_a_job() -> None:
    used = {file for job in JOBS for file in (*job.statements, *job.inserts)}
    assert sorted(relative(path) for path in FILES if relative(path) not in used) == []


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_view_of_a_job_ends_in_a_sink(job: JobDefinition) -> None:
    read = {name for file in (*job.statements, *job.inserts) for name in references(text_of(SQL / file))}
    written = {sink.view for sink in job.clickhouse}
    assert [file for file in job.views if Path(file).stem not in read | written] == []


def settings_of(job: JobDefinition, arguments: list[str]) -> JobSettings:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "k:1", "SCHEMA_REGISTRY_URL": "http://r", "TOKPULSE_DATA": "/nonexistent"}
    return resolve(parse(job.name, arguments), environ)


@pytest.mark.parametrize("bounded", [[], ["--bounded"]], ids=["live", "bounded"])
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_parameter_is_given(job: JobDefinition, bounded: list[str]) -> None:
    values = parameters(job, settings_of(job, bounded))
    for path in (*job.statements, *job.inserts):
        assert "${" not in render(load(path), values)


def test_every_parameter_but_those_of_topics_is_used() -> None:
    used = {name for path in FILES for name in load(relative(path)).parameters}
    prefixes = tuple(f"{identifier(topic.name).upper()}_" for topic in load_topics())
    assert [
        name for name in parameters(JOBS[0], settings_of(JOBS[0], [])) if name not in used and not name.startswith(prefixes)
    ] == []


def test_no_topic_is_spelled_in_sql() -> None:
    """Names of topics come from topics.yaml alone, through parameters."""
    for topic in load_topics():
        assert [relative(path) for path in FILES if topic.name in code(text_of(path))] == []


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_view_has_the_columns_of_its_clickhouse_table_in_order(job: JobDefinition) -> None:
    tables = clickhouse_tables()
    for sink in job.clickhouse:
        written = [column.name for column in tables[sink.table] if not column.rest.startswith("MATERIALIZED")]
        assert select_lists(text_of(creators()[sink.view]))[0] == written


def test_a_file_with_two_statements_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.render.SQL_DIR", tmp_path)
    (tmp_path / "a.sql").write_text("CREATE TEMPORARY VIEW a AS SELECT ';' AS x; DROP VIEW b")
    with pytest.raises(SqlFileError, match="one CREATE"):
        load("a.sql")
