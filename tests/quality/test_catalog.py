"""The catalog of tables: what is refused and how it says so, and what the shipped files promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import dictionary
from quality.catalog import CatalogError, UnknownDatasetError, load_catalog, load_dataset, select
from quality.comments import quoted

GOOD = """kind: view
description: "Plays."
grain: one row per post
key: [id]
owner: analytics
written_by: job a
time_column: at
retention: no limit
columns:
  id: {unit: id, meaning: Post id, tests: {not_null: true}}
  at: {unit: UTC time, meaning: When it was seen}
"""


def refused(folder: Path, text: str) -> str:
    path = folder / "plays.yaml"
    path.write_text(text)
    with pytest.raises(CatalogError) as raised:
        load_catalog(folder)
    return raised.value.message.removeprefix(f"{path}")


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "plays.yaml").write_text(GOOD)
    dataset = load_dataset(tmp_path / "plays.yaml")
    assert dataset.name == "plays"
    assert dataset.comment == "Plays. One row per post. Key: id."
    assert dataset.about.columns["id"].comment_in(masked=True) == "Post id [id]"
    assert dataset.about.columns["id"].tests.not_null
    assert dataset.sensitivity(["id"]) == "none"


STORAGE = """storage:
  plays_log:
    grain: several rows per post
    written_by: job a
    columns:
      copies: {unit: count, meaning: How often it came}
  plays_log_mv: {fills: plays_log, written_by: inserts into posts}
"""


def test_storage_is_described_by_what_differs_from_its_view(tmp_path: Path) -> None:
    (tmp_path / "plays.yaml").write_text(GOOD + STORAGE)
    catalog = load_catalog(tmp_path)
    assert list(catalog) == ["plays", "plays_log", "plays_log_mv"]
    table, filled = catalog["plays_log"], catalog["plays_log_mv"]
    assert table.comment == "Storage of plays. Several rows per post. Read plays, not this table. Key: id."
    assert filled.comment == "Keeps plays_log up to date. As plays_log. Read plays, not this materialized view. Key: id."
    assert list(table.about.columns) == list(filled.about.columns) == ["id", "at", "copies"]
    assert table.about.columns["id"].meaning == "Post id"
    assert not table.about.columns["id"].tests.not_null, "a value is tested where it is read"
    assert (table.read, table.about.retention) == ("plays", "no limit")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("grain: one", "grian: one", ":3: grian: unknown key"),
        ("owner: analytics", "owner: bob", ":5: owner: Input should be 'data-engineering', 'analytics' or 'operations'"),
        ("unit: id,", "unit: ids,", ":10: columns.id.unit: Input should be 'id', 'text'"),
        ("key: [id]", "key: [idd]", ":1: (top level): names the column idd, which is not among its columns"),
        ("time_column: at", "time_column: att", ":1: (top level): names the column att"),
        ("retention: no", "grain: no", ":8: grain: is given twice"),
        ("  at: {", "  id: {", ":11: columns.id: is given twice"),
        ("not_null: true", "not_null: maybe", ":10: columns.id.tests.not_null: Input should be a valid boolean"),
        ("not_null: true", "range: {}", ":10: columns.id.tests.range: give min, max or both"),
        ("columns:", "freshness: {warn: 2d, error: 1d}\ncolumns:", ":9: freshness: warn must not be longer than error"),
        (
            "columns:",
            "tests: {late_share: {warn: 0.2, error: 0.1}}\ncolumns:",
            ":9: tests.late_share: warn must not be more than error",
        ),
        ("columns:", "freshness: {warn: soon, error: 1d}\ncolumns:", ":9: freshness.warn: 'soon' is not a duration"),
        (
            "owner: analytics",
            "owner: !!python/name:os.system x",
            ":5: owner: the tag !!python/name:os.system is refused",
        ),
        ("key: [id]", "key: [id", ": (syntax): not YAML"),
        (
            "columns:",
            "storage: {log: {written_by: a job}}\ncolumns:",
            ":9: storage.log: give its grain, or the table that it fills",
        ),
        (
            "columns:",
            "storage: {mv: {fills: log, written_by: a job}}\ncolumns:",
            ": storage.mv: fills log, which is not described beside it",
        ),
        (
            "columns:",
            "storage: {log: {grain: many, key: [x], written_by: a job}}\ncolumns:",
            ": storage.log: names the column x, which is not among its columns",
        ),
        ("columns:", "storage: {plays: {grain: many, written_by: a job}}\ncolumns:", ": describes plays, as another file does"),
        (
            "not_null: true",
            "references: {dataset: plays, column: x}",
            ": columns.id.tests.references: no column plays.x",
        ),
        (
            "meaning: Post id, tests: {not_null: true}",
            "meaning: Post id, sensitivity: personal",
            ":1: (top level): results of its tests would quote id, which is personal",
        ),
        (
            "columns:",
            "columns:\n  name: {unit: text, meaning: Who, sensitivity: personal, tests: {values: [ann]}}",
            ":1: (top level): results of its tests would quote name, which is personal",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert before in GOOD
    assert says in refused(tmp_path, GOOD.replace(before, after, 1))


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="holds no catalog file"):
        load_catalog(tmp_path)


def test_an_unknown_dataset_is_told_with_those_that_are_known() -> None:
    with pytest.raises(UnknownDatasetError, match=r"no dataset 'engagement' .*engagement_hourly"):
        select(load_catalog(), ["engagement"])


def test_a_literal_keeps_quotes_and_backslashes_apart() -> None:
    assert quoted("it's a \\ b") == "'it\\'s a \\\\ b'"


def test_the_dictionary_is_generated_from_the_catalog() -> None:
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.page(), "run `make docs`"


def test_what_names_or_quotes_people_is_personal() -> None:
    told = {"unique_id", "nickname", "sec_uid", "text", "raw", "payload", "signature"}
    ids = {"userid", "user_id", "author_id", "aweme_id", "video_id", "comment_id"}
    for dataset in load_catalog().values():
        for name, column in dataset.about.columns.items():
            assert name not in told or column.sensitivity == "personal", (dataset.name, name)
            assert name not in ids or column.sensitivity == "pseudonymous", (dataset.name, name)


def test_every_view_is_tested_for_its_grain_unless_it_is_computed_anew() -> None:
    """Corrected views, and what counts were away, are computed from all that is held: their parts are tested instead.

    What is read by the hour has the rows of the view that it is named after, which is tested.
    """
    views = {name: one.about for name, one in load_catalog().items() if one.is_read_view}
    untested = [name for name, about in views.items() if not about.tests.unique_grain]
    assert [name for name in untested if not name.endswith(("_corrected", "_away", "_by_hour"))] == []
