"""Files of the schema: one statement each, tables in the order of their numbers, views in that of what they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.render import SqlFileError
from stack.ddl import DdlError, Numbered, graph, load_tables, load_views
from stack.migrations import MigrationError, pending


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


def applied(*tables: Numbered) -> dict[int, tuple[str, str]]:
    return {table.number: (table.name, table.hash) for table in tables}


def test_load_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    found = load_tables(write(tmp_path, **{"0010_later": "SELECT 2\n", "0002_first": "-- Why; indeed.\nSELECT ';'\n"}))
    assert [(table.number, table.name, table.statements) for table in found] == [
        (2, "first", ("SELECT ';'",)),
        (10, "later", ("SELECT 2",)),
    ]


def test_one_change_may_alter_several_tables(tmp_path: Path) -> None:
    changes = ("ALTER TABLE a ADD COLUMN IF NOT EXISTS x UInt8", "ALTER TABLE b ADD COLUMN IF NOT EXISTS x String DEFAULT ';'")
    (found,) = load_tables(write(tmp_path, **{"0001_x": "-- A counter.\n" + ";\n".join(changes)}))
    assert found.statements == changes


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"12_short": "SELECT 1"}, "12_short.sql: not named NNNN_name.sql"),
        ({"0001_a": "SELECT 1", "0001_b": "SELECT 2"}, "number 0001 is also that of 0001_a.sql"),
        ({"0001_empty": "-- later\n"}, "0001_empty.sql: must hold one statement"),
        ({"0001_two": "SELECT 1;\nSELECT 2"}, "0001_two.sql: must hold one statement"),
        ({"0001_two": "ALTER TABLE a ADD COLUMN x UInt8;\nDROP TABLE b"}, "0001_two.sql: must hold one statement"),
        ({"0001_ended": "SELECT 1;"}, "0001_ended.sql: must hold one statement"),
    ],
)
def test_bad_folders(tmp_path: Path, files: dict[str, str], says: str) -> None:
    with pytest.raises(DdlError) as raised:
        load_tables(write(tmp_path, **files))
    assert says in raised.value.message


def test_only_what_is_missing_is_pending(tmp_path: Path) -> None:
    found = load_tables(write(tmp_path, **{"0001_a": "SELECT 1", "0002_b": "SELECT 2"}))
    assert pending(found, {}, "db") == found
    assert pending(found, applied(found[0]), "db") == [found[1]]
    assert pending(found, {**applied(*found), 3: ("c", "of a newer release")}, "db") == []


def test_an_edited_file_is_refused_but_a_comment_is_no_edit(tmp_path: Path) -> None:
    before = load_tables(write(tmp_path, **{"0001_a": "SELECT 1\n"}))
    same = load_tables(write(tmp_path, **{"0001_a": "-- For a reason.\nSELECT 1\n"}))
    assert pending(same, applied(*before), "db") == []
    edited = load_tables(write(tmp_path, **{"0001_a": "SELECT 3\n"}))
    with pytest.raises(MigrationError, match=r"0001_a\.sql was edited after it was applied"):
        pending(edited, applied(*before), "db")


def test_a_database_of_before_the_first_release_is_refused() -> None:
    with pytest.raises(MigrationError) as raised:
        pending(load_tables(), {1: ("engagement_hourly", "any")}, "plays")
    assert raised.value.message.startswith("database plays was made before 0.1.0 (by 0001_engagement_hourly.sql)")
    assert "drop plays, plays_shared and plays_private" in raised.value.hint


def test_views_come_behind_what_they_read(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    write(
        tmp_path,
        a="CREATE OR REPLACE VIEW a AS WITH x AS (SELECT 1 AS y FROM b) SELECT y FROM x ARRAY JOIN z",
        b="CREATE OR REPLACE VIEW b AS SELECT 'FROM a' FROM posts_newest",
    )
    write(tmp_path / "shared", b="CREATE OR REPLACE VIEW ${DATABASE}_shared.b AS SELECT 1 FROM a")
    assert [view.name for view in load_views(tmp_path)] == ["b", "a", "shared/b"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("MODIFY COLUMN x UInt16", "a file is a change that stack/columns.py cannot read: MODIFY COLUMN x UInt16"),
        ("ADD COLUMN IF NOT EXISTS y UInt8", "a file alters b, which no file before it creates"),
    ],
)
def test_a_change_that_nobody_can_read_is_named(tmp_path: Path, change: str, says: str) -> None:
    table = "a" if change.startswith("MODIFY") else "b"
    write(tmp_path, **{"0001_a": "CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Log", "0002_x": f"ALTER TABLE {table} {change}"})
    with pytest.raises(DdlError) as raised:
        graph(tables=tmp_path)
    assert says in raised.value.message


def test_a_view_that_is_a_table_has_its_columns_with_plain_types(tmp_path: Path) -> None:
    write(
        tmp_path,
        whole="CREATE OR REPLACE VIEW whole\nAS SELECT *\nFROM quality_results_log FINAL",
        part="CREATE OR REPLACE VIEW part\nAS SELECT * EXCEPT (is_late, title)\nFROM post_observations_log FINAL",
        more="CREATE OR REPLACE VIEW more\n(\n    day Date,\n    * EXCEPT (region, is_late),\n    two UInt64\n)\n"
        "AS SELECT toDate(ingested_at) AS day, * EXCEPT (region, is_late), play_count * 2 AS two\nFROM post_observations_log FINAL",
    )
    views = {view.name: view.text for view in load_views(tmp_path)}
    assert "\n    dataset String,\n" in views["whole"]
    assert "\n    region Nullable(String),\n" in views["part"]
    assert "title" not in views["part"]
    assert "is_late" not in views["part"]
    assert views["part"].endswith(", ingested_at\nFROM post_observations_log FINAL")
    assert "(\n    day Date,\n    aweme_id String,\n" in views["more"]
    assert (
        "\n    ingested_at DateTime64(3, 'UTC'),\n    two UInt64\n)\nAS SELECT toDate(ingested_at) AS day, aweme_id, "
        in views["more"]
    )
    assert views["more"].endswith(", ingested_at, play_count * 2 AS two\nFROM post_observations_log FINAL")
    assert "region" not in views["more"]


def test_what_holds_nothing_personal_is_shown_as_it_is(tmp_path: Path) -> None:
    """A new mart has its masked view; one with something personal has none until a file says how it is masked."""
    names = ("trending_hourly", "posts", "hashtag_hourly_hours", "not_in_the_catalog")
    write(tmp_path, **{name: f"CREATE OR REPLACE VIEW {name} (aweme_id String) AS SELECT 1" for name in names})
    (masked,) = [view for view in load_views(tmp_path) if view.name.startswith("shared/")]
    assert masked.name == "shared/trending_hourly"
    assert masked.text.startswith("CREATE OR REPLACE VIEW ${DATABASE}_shared.trending_hourly\n")
    assert masked.text.endswith("\nFROM trending_hourly")


def test_a_column_that_nobody_has_described_is_shown_to_nobody(tmp_path: Path) -> None:
    write(tmp_path, trending_hourly="CREATE OR REPLACE VIEW trending_hourly (aweme_id String, signature String) AS SELECT 1")
    with pytest.raises(DdlError, match="column signature is not described"):
        load_views(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CREATE OR REPLACE VIEW b AS SELECT 1", "does not create a"),
        ("CREATE OR REPLACE VIEW ${DATABASE}_shared.a AS SELECT 1", "does not create a"),
        ("SELECT 1", "does not create a"),
    ],
)
def test_a_view_is_named_as_its_file(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DdlError) as raised:
        load_views(write(tmp_path, a=text))
    assert says in raised.value.message


def test_a_view_of_what_nobody_creates(tmp_path: Path) -> None:
    with pytest.raises(SqlFileError, match="reads nothing_at_all, which no file creates"):
        load_views(write(tmp_path, a="CREATE OR REPLACE VIEW a AS SELECT 1 FROM nothing_at_all"))
    with pytest.raises(SqlFileError, match="reads nothing_at_all, which no file creates"):
        load_views(write(tmp_path, a="CREATE OR REPLACE VIEW a AS SELECT * FROM nothing_at_all FINAL"))
