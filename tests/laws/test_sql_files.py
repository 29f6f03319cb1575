"""The way SQL files are written: one statement, a banner, lower numbers only, named columns, nothing unused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from connectors.kafka.topics import load_topics
from jobs.build import parameters
from jobs.catalog import JOBS as CATALOG
from jobs.definition import JobDefinition
from jobs.graph import ACCOUNTS, graph, identifier
from jobs.render import SqlFile, SqlFileError, load, render
from jobs.settings import JobSettings, parse, resolve
from stack.columns import ddl_columns, masked, split_list
from stack.ddl import clickhouse_columns

from .repository import SQL, modules, parsed
from .sql_text import FOLDERS, select_lists

# Templates as they are for each topic.
FILES = [*graph().creators.values(), *graph().inserts.values()]
KINDS = {
    "05_functions": {"FUNCTION"},
    "10_sources": {"TABLE"},
    "20_staging": {"VIEW"},
    "30_marts": {"VIEW"},
    "40_sinks": {"TABLE"},
    "50_inserts": {"INSERT"},
    ACCOUNTS: {"VIEW", "TABLE", "INSERT"},
}
# Which folders a file may read; a view also its own.
BELOW = {
    "20_staging": {"05_functions", "10_sources"},
    "30_marts": {"05_functions", "20_staging"},
    "50_inserts": {"30_marts", "40_sinks"},
    ACCOUNTS: {"05_functions", "10_sources", "20_staging", "30_marts", ACCOUNTS},
}
JOBS = list(CATALOG.values())


def named(file: SqlFile) -> str:
    return f"{folder(file)}/{file.name}"


def folder(file: SqlFile) -> str:
    return file.path.parent.name


def of(kind: str) -> list[SqlFile]:
    return [file for file in FILES if file.kind == kind]


def test_every_folder_is_known() -> None:
    assert {folder(file) for file in FILES} == set(FOLDERS) == set(KINDS)
    assert {path.name for path in SQL.iterdir() if path.is_dir() and path.name != "__pycache__"} == {*FOLDERS, "clickhouse"}


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_folder_has_statements_of_its_kind(file: SqlFile) -> None:
    assert file.kind in KINDS[folder(file)]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_banner_says_question_and_grain(file: SqlFile) -> None:
    text = (SQL / file.path).read_text(encoding="utf-8")
    banner = text[: re.search(r"^(?!--)", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    assert banner.startswith("-- Question: ")
    assert banner.splitlines()[0].endswith("?") or "?" in banner.split("-- Grain:")[0]
    assert re.search(r"^-- Grain: +\S", banner, re.MULTILINE)
    if file.kind in ("TABLE", "VIEW"):
        assert re.search(r"^-- Key: +\S|^-- Grain: .*\(", banner, re.MULTILINE), "what identifies a row?"
    if file.kind == "VIEW" and re.search(r"\b(TUMBLE|HOP|CUMULATE|SESSION)\(", masked(file.text)):
        assert "Window:" in banner
        assert "Lateness:" in banner


@pytest.mark.parametrize("file", FILES, ids=named)
def test_data_flows_from_folder_to_folder(file: SqlFile) -> None:
    read = {folder(graph().creators[name]) for name in graph().reads(file)}
    assert read <= BELOW.get(folder(file), set()) | ({folder(file)} if file.kind == "VIEW" else set())


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_star_passes_on_all_of_one_view_and_never_leaves_a_job(file: SqlFile) -> None:
    """Beside other columns, or of two views, nobody sees what it is; behind a job's last view columns go by name and order."""
    stars = re.findall(r"\bSELECT\s+(?:\w+\.)?\*\s*(\S*)|,\s*(?:\w+\.)?\*", masked(file.text))
    inserted = {name for insert in graph().inserts.values() for name in graph().reads(insert)}
    last = file.kind == "INSERT" or file.name in inserted | {sink.view for job in JOBS for sink in job.clickhouse}
    assert stars in ([], ["FROM"])
    assert not (stars and (last or " JOIN " in file.text))


@pytest.mark.parametrize("file", of("VIEW"), ids=named)
def test_every_branch_of_a_view_has_the_same_columns(file: SqlFile) -> None:
    first, *others = select_lists(file.text)
    assert "" not in first, "an expression without a name"
    assert all(other == first for other in others)


@pytest.mark.parametrize("file", of("INSERT"), ids=named)
def test_an_insert_names_its_columns_and_selects_them_in_order(file: SqlFile) -> None:
    match = re.match(r"INSERT\s+INTO\s+(\w+)\s*\(([^)]*)\)", masked(file.text))
    assert match, "an INSERT names its columns"
    columns = split_list(match[2])
    assert all(names == columns for names in select_lists(file.text))
    assert columns == [column.name for column in ddl_columns(graph().creators[file.name].text)]


def test_every_sink_has_its_insert() -> None:
    sinks = {file.name for file in of("TABLE") if folder(file) != "10_sources"}
    assert sinks == graph().inserts.keys()


def test_keywords_are_upper_case() -> None:
    words = re.compile(r"\b(select|from|where|group by|create|insert into|union all|as|and|or|not|case|when|then|end|with)\b")
    assert {named(file): words.findall(masked(file.text)) for file in FILES if words.search(masked(file.text))} == {}


def test_every_declaration_is_in_the_catalog() -> None:
    declared = {
        path.stem
        for path in modules("jobs")
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "JOB" for target in node.targets)
    }
    assert declared == set(CATALOG)


def test_every_file_is_used_by_a_job() -> None:
    used = [file for job in JOBS for file in (*job.statements, *job.inserts)]
    assert [named(file) for file in graph().unneeded(used)] == []


def settings_of(job: JobDefinition, arguments: list[str]) -> JobSettings:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "k:1", "SCHEMA_REGISTRY_URL": "http://r", "TOKPULSE_DATA": "/nonexistent"}
    return resolve(parse(job.name, arguments), environ)


@pytest.mark.parametrize("bounded", [[], ["--bounded"]], ids=["live", "bounded"])
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_parameter_is_given(job: JobDefinition, bounded: list[str]) -> None:
    values = parameters(job, settings_of(job, bounded))
    for file in (*job.statements, *job.inserts):
        assert "${" not in render(file, values)


def test_every_parameter_but_those_of_topics_is_used() -> None:
    used = {name for file in FILES for name in file.parameters}
    prefixes = tuple(f"{identifier(topic.name).upper()}_" for topic in load_topics())
    assert [
        name for name in parameters(JOBS[0], settings_of(JOBS[0], [])) if name not in used and not name.startswith(prefixes)
    ] == []


def test_no_topic_is_spelled_in_sql() -> None:
    """Names of topics come from topics.yaml alone, through parameters."""
    for topic in load_topics():
        assert [named(file) for file in FILES if topic.name in file.text] == []


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_view_has_the_columns_of_its_clickhouse_table_in_order(job: JobDefinition) -> None:
    for sink in job.clickhouse:
        written = [column.name for column in clickhouse_columns()[sink.table] if not column.rest.startswith("MATERIALIZED")]
        assert select_lists(graph().creators[sink.view].text)[0] == written


def test_a_file_with_two_statements_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.render.SQL_DIR", tmp_path)
    (tmp_path / "a.sql").write_text("CREATE TEMPORARY VIEW a AS SELECT ';' AS x; DROP VIEW b")
    with pytest.raises(SqlFileError, match="one CREATE"):
        load("a.sql")
