"""The way ClickHouse's schema is written: nothing is swapped under running jobs, and the catalog alone describes it."""

from __future__ import annotations

import re

import pytest

from jobs.render import SqlFile
from privacy.tables import ids_of_people
from quality.catalog import load_catalog
from stack.columns import bracket, ddl_columns, masked, split_list
from stack.ddl import CLICKHOUSE_DIR, Numbered, clickhouse_columns, graph, load_tables, load_views

from .sql_text import output_name, select_lists

TABLES = load_tables()
VIEWS = load_views()
FILLED = [file for file in graph().creators.values() if file.kind == "MATERIALIZED VIEW"]


def named(file: SqlFile | Numbered) -> str:
    return file.name


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_a_numbered_file_may_be_repeated_and_swaps_nothing(table: Numbered) -> None:
    """Jobs write while files are applied: what goes into a table that is swapped out, or past a view that is away, is lost."""
    kinds = r"CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS \S|ALTER TABLE \S|DROP (?:TABLE|VIEW) IF EXISTS \S"
    # Into tables that merge a row with itself.
    kinds += r"|INSERT INTO \w+ \([\w, ]+\)\s+SELECT\s"
    for statement in table.statements:
        assert re.match(kinds, statement)
        assert not re.search(r"\b(?:ADD|DROP) (?:COLUMN|INDEX) (?!IF )", statement)


@pytest.mark.parametrize("view", VIEWS, ids=named)
def test_a_view_is_replaced_at_once(view: SqlFile) -> None:
    """A view that inserts fill would miss some: only the clock's may be replaced."""
    assert re.match(r"CREATE OR REPLACE (?:VIEW \S|MATERIALIZED VIEW \w+ REFRESH )", view.text)


def test_no_comment_is_written_twice() -> None:
    """Comments of tables and columns come from the catalog."""
    statements = [statement for table in TABLES for statement in table.statements]
    assert [statement for statement in statements if re.search(r"\bCOMMENT\b", masked(statement))] == []
    assert [view.name for view in VIEWS if re.search(r"\bCOMMENT\b", masked(view.text))] == []


def test_no_string_looks_like_a_comment() -> None:
    """Comments are taken off up to the end of the line."""
    for path in CLICKHOUSE_DIR.glob("[tv]*/**/*.sql"):
        assert not re.search(r"^[^'\n]*'[^'\n]*--", path.read_text(encoding="utf-8"), re.MULTILINE), path.name


@pytest.mark.parametrize("view", VIEWS, ids=named)
def test_a_view_shows_the_columns_that_it_declares_in_order(view: SqlFile) -> None:
    """By position a star puts columns wherever they happen to stand."""
    if view not in FILLED and not view.name.startswith("shared/"):
        declared = [column.name for column in ddl_columns(view.text)]
        assert all(names == declared for names in select_lists(view.text))


@pytest.mark.parametrize("view", [view for view in VIEWS if view.name.startswith("shared/")], ids=named)
def test_a_masked_view_is_its_read_view_without_what_is_personal(view: SqlFile) -> None:
    """Whoever may see both can use either: names and order are those of the read view, and nothing personal comes through."""
    name = view.name.removeprefix("shared/")
    star = re.search(r"SELECT \*\s*(?P<but>.*)\nFROM (?P<read>\w+)$", view.text, re.DOTALL)
    assert star
    assert star["read"] == name
    left_out = re.match(r"EXCEPT \((.*?)\)", star["but"])
    names = set(split_list(left_out[1])) if left_out else set()
    if "REPLACE" in star["but"]:
        names |= {output_name(item) for item in split_list(bracket(star["but"], star["but"].index("REPLACE")))}
    columns = load_catalog()[name].about.columns
    assert {column for column, about in columns.items() if about.sensitivity == "personal"} <= names <= columns.keys()


@pytest.mark.parametrize("file", FILLED, ids=named)
def test_a_materialized_view_names_columns_of_its_table(file: SqlFile) -> None:
    known = [column.name for column in clickhouse_columns()[file.name]]
    changed = f"ALTER TABLE {file.name} MODIFY QUERY"
    newest = [statement for table in TABLES for statement in table.statements if statement.startswith(changed)][-1:] or [file.text]
    for names in select_lists(newest[0]):
        assert set(names) <= set(known)


def test_what_people_may_be_known_by_is_told_of_every_text_and_id() -> None:
    """`tokpulse forget`, masked views and the data dictionary go by it: nobody may forget to think of it."""
    described = {name: dataset.about.columns for name, dataset in load_catalog().items()}
    silent = [
        f"{name}.{column.name}"
        for name in described
        for column in clickhouse_columns()[name]
        if "String" in column.type or described[name][column.name].unit in ("id", "text")
        if "sensitivity" not in described[name][column.name].model_fields_set
    ]
    assert silent == [], "say `sensitivity: personal`, `pseudonymous` or `none` in sql/clickhouse/catalog"


def test_every_id_of_a_person_has_a_name_that_forgetting_knows() -> None:
    """`tokpulse forget` finds what a person made in tables that name both by these: privacy/discovery.py, for a new one."""
    known = {"userid", "aweme_id", "author_id", "comment_id", "user_id", "video_id"}
    tables = {name for name, dataset in load_catalog().items() if dataset.about.kind == "table"}
    held = {name: {column.name for column in columns} for name, columns in clickhouse_columns().items()}
    strange = {name: (ids & held[name]) - known for name, ids in ids_of_people().items() if name in tables}
    assert {name: ids for name, ids in strange.items() if ids} == {}
