"""Numbered files, statements split where they end, and an applied file that must not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.paths import REPOSITORY
from stack.migrations import MigrationError, load_migrations, pending, split_statements


def test_split_at_semicolons_at_line_ends() -> None:
    text = "CREATE TABLE a (x Int8);\n\n-- second; not a statement;\nCREATE TABLE b (y String DEFAULT 'a;\nb');  \nSELECT 1"
    assert split_statements(text) == [
        "CREATE TABLE a (x Int8)",
        "-- second; not a statement;\nCREATE TABLE b (y String DEFAULT 'a;\nb')",
        "SELECT 1",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'it''s; \n fine;\n'",
        "SELECT 'a\\';\n'",
        "SELECT 1 /* a;\n b;\n */ + 1",
        'SELECT `a;\n`, "b;\n"',
        "SELECT 1 -- it's one;\n",
        "SELECT ';' ; -- not the end of a line, but of the statement\n",
    ],
)
def test_one_statement(text: str) -> None:
    assert len(split_statements(text)) == 1


@pytest.mark.parametrize("text", ["", "\n;\n;\n", "-- nothing;\n", "/* nothing */ ;\n"])
def test_no_statement(text: str) -> None:
    assert split_statements(text) == []


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


def test_load_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    write(tmp_path, **{"0010_later": "SELECT 2;\n", "0002_first": "SELECT 1;\nSELECT 3;\n"})
    found = load_migrations(tmp_path)
    assert [(migration.version, migration.name, len(migration.statements)) for migration in found] == [
        (2, "first", 2),
        (10, "later", 1),
    ]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"12_short": "SELECT 1"}, "12_short.sql: not named NNNN_name.sql"),
        ({"0001_a": "SELECT 1", "0001_b": "SELECT 2"}, "number 0001 is also that of 0001_a.sql"),
        ({"0001_empty": "-- later;\n"}, "0001_empty.sql: no statement"),
    ],
)
def test_bad_folders(tmp_path: Path, files: dict[str, str], says: str) -> None:
    with pytest.raises(MigrationError) as raised:
        load_migrations(write(tmp_path, **files))
    assert says in raised.value.message


def test_only_what_is_missing_is_pending(tmp_path: Path) -> None:
    found = load_migrations(write(tmp_path, **{"0001_a": "SELECT 1", "0002_b": "SELECT 2"}))
    assert pending(found, {}) == found
    assert pending(found, {1: found[0].hash}) == [found[1]]
    assert pending(found, {1: found[0].hash, 2: found[1].hash, 3: "of a newer release"}) == []


def test_an_edited_migration_is_refused_but_a_blank_line_is_no_edit(tmp_path: Path) -> None:
    before = load_migrations(write(tmp_path, **{"0001_a": "SELECT 1;\nSELECT 2;\n"}))
    same = load_migrations(write(tmp_path, **{"0001_a": "\nSELECT 1;\n\n\nSELECT 2\n"}))
    assert pending(same, {1: before[0].hash}) == []
    edited = load_migrations(write(tmp_path, **{"0001_a": "SELECT 1;\nSELECT 3;\n"}))
    with pytest.raises(MigrationError, match=r"0001_a\.sql was edited after it was applied"):
        pending(edited, {1: before[0].hash})


def test_swapped_tables_are_found(tmp_path: Path) -> None:
    statements = (
        "-- CREATE OR REPLACE TABLE no (x Int8)\nCREATE OR REPLACE TABLE a (x Int8) AS SELECT x FROM a",
        "exchange tables b AND c",
        "CREATE OR REPLACE VIEW d AS SELECT 'CREATE OR REPLACE TABLE e'",
        "CREATE TABLE IF NOT EXISTS f (x Int8)",
    )
    (one,) = load_migrations(write(tmp_path, **{"0001_swaps": ";\n".join(statements)}))
    assert one.swapped == ("a", "b")


def test_the_operations_page_names_every_swap() -> None:
    page = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    for migration in load_migrations():
        if migration.swapped:
            tables = ", ".join(f"`{table}`" for table in migration.swapped)
            assert f"| {migration.version:04} | {tables} |" in page
