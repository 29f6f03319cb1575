"""The schema on the engine: applied once, views again when they change, and never over a database that other files made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import clickhouse_connect
import pytest

from stack.ddl import load_tables, load_views
from stack.migrations import MigrationError, apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "schema"
DATABASES = (DATABASE, f"{DATABASE}_shared", f"{DATABASE}_private")


@pytest.fixture
def url(front: FrontProcess) -> Iterator[str]:
    yield front.url(ADMIN, DATABASE)
    for database in DATABASES:
        assert front.post(f"DROP DATABASE IF EXISTS {database} SYNC", user=ADMIN).status_code == 200


def ask(url: str, query: str) -> list[Any]:
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    try:
        return list(client.query(query).result_rows)
    finally:
        client.close()


def test_everything_is_applied_once(url: str) -> None:
    tables, views = load_tables(), load_views()
    changes = [f"applied {table.path.name}" for table in tables]
    assert apply_migrations(url) == [*changes, f"applied {len(views)} views", "made the key of the pseudonyms"]
    assert apply_migrations(url) == []
    assert ask(url, "SELECT count(), max(version) FROM schema_migrations") == [(len(tables), tables[-1].number)]
    made = dict(ask(url, f"SELECT database, count() FROM system.tables WHERE startsWith(database, '{DATABASE}') GROUP BY database"))
    created = [table for table in tables if table.statements[0].startswith("CREATE")]
    assert sum(made.values()) == len(created) + len(views)
    assert made[f"{DATABASE}_private"] == 3


def test_when_a_view_changes_those_that_read_it_change_as_well(url: str) -> None:
    apply_migrations(url)
    views = load_views()
    at = next(place for place, view in enumerate(views) if view.name == "posts")
    text = views[at].text.replace("duration UInt32", "duration UInt64")
    changed = [*views[:at], dataclasses.replace(views[at], text=text), *views[at + 1 :]]
    # The masked view of it declares no types of its own.
    typed = (
        "SELECT type FROM system.columns WHERE table = 'posts' AND name = 'duration'"
        f" AND database IN ('{DATABASE}', '{DATABASE}_shared')"
    )
    assert ask(url, typed) == [("UInt32",)] * 2
    assert apply_migrations(url, views=changed) == [f"applied {len(views)} views"]
    assert apply_migrations(url, views=changed) == []
    assert ask(url, typed) == [("UInt64",)] * 2
    assert apply_migrations(url) == [f"applied {len(views)} views"]


def test_views_that_are_gone_are_made_again(front: FrontProcess, url: str) -> None:
    apply_migrations(url)
    assert front.post(f"DROP DATABASE {DATABASE}_shared SYNC", user=ADMIN).status_code == 200
    assert apply_migrations(url) == [f"applied {len(load_views())} views"]
    assert ask(url, f"SELECT count() FROM {DATABASE}_shared.posts") == [(0,)]
    assert apply_migrations(url) == []


def test_views_are_made_again_behind_a_numbered_file(url: str) -> None:
    tables = load_tables()
    apply_migrations(url)
    last = tables[-1]
    statement = "ALTER TABLE post_observations_log ADD COLUMN IF NOT EXISTS extra UInt8"
    more = dataclasses.replace(last, number=last.number + 1, name="extra", statements=(statement,))
    assert apply_migrations(url, [*tables, more])[1] == f"applied {len(load_views())} views"


def test_what_was_known_of_posts_is_told_over(url: str) -> None:
    """0048 and 0049: a table that five columns of (moment, value) filled, and one row more while jobs go on."""
    tables = load_tables()
    apply_migrations(url, [table for table in tables if table.number < 48], [])
    observed = (
        "INSERT INTO post_observations_log (aweme_id, author_id, title, region, duration, create_time, play_count, ingested_at)"
        " VALUES ('{}', 'ada', '{}', 'SE', 7, '2026-01-01 00:00:00', {}, '{}')"
    )
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    try:
        client.command(observed.format("old", "first #a", 10, "2026-01-02 00:00:00"))
        client.command(observed.format("old", "second #b #c", 20, "2026-01-03 00:00:00"))
        client.command(observed.format("both", "before #d", 30, "2026-01-02 00:00:00"))
        apply_migrations(url, [table for table in tables if table.number < 49], [])
        client.command(observed.format("both", "after #e", 5, "2026-01-04 00:00:00"))
    finally:
        client.close()
    again = [dataclasses.replace(table, number=9048) for table in tables if table.number == 48]
    apply_migrations(url, [*(table for table in tables if table.number < 49), *again], [])
    apply_migrations(url, [*tables, *again])
    columns = "aweme_id, author_id, title, region, duration, toDate(create_time), hashtags, play_count, toDate(last_observed_at)"
    published, day = date(2026, 1, 1), partial(date, 2026, 1)
    assert ask(url, f"SELECT {columns} FROM posts ORDER BY aweme_id") == [
        ("both", "ada", "after #e", "SE", 7, published, ["e"], 30, day(4)),
        ("old", "ada", "second #b #c", "SE", 7, published, ["b", "c"], 20, day(3)),
    ]


def test_a_view_that_fails_is_named_and_applied_by_the_next_call(url: str) -> None:
    views = load_views()
    broken = dataclasses.replace(views[-1], text="CREATE OR REPLACE VIEW x AS SELECT nothing")
    with pytest.raises(MigrationError, match=f"{views[-1].path}: "):
        apply_migrations(url, views=[*views[:-1], broken])
    assert apply_migrations(url) == [f"applied {len(views)} views", "made the key of the pseudonyms"]


def test_a_database_of_before_the_first_release_stays_as_it_is(front: FrontProcess, url: str) -> None:
    assert front.post(f"CREATE DATABASE {DATABASE}", user=ADMIN).status_code == 200
    record = load_tables()[0].statements[0].replace("schema_migrations", f"{DATABASE}.schema_migrations")
    assert front.post(record, user=ADMIN).status_code == 200
    row = f"INSERT INTO {DATABASE}.schema_migrations (version, name, hash) VALUES (1, 'engagement_hourly', 'a')"
    assert front.post(row, user=ADMIN).status_code == 200
    with pytest.raises(MigrationError, match=f"^database {DATABASE} was made before 0.1.0"):
        apply_migrations(url)
    tables = f"SELECT database, name FROM system.tables WHERE startsWith(database, '{DATABASE}')"
    assert ask(url, tables) == [(DATABASE, "schema_migrations")]
    assert ask(url, f"SELECT name FROM system.databases WHERE name LIKE '{DATABASE}%'") == [(DATABASE,)]
