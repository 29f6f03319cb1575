"""The Table connector against the real engine: every pair of types, batches of many months, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import clickhouse_connect
import pytest

from connectors.clickhouse.schema import ACCEPTED
from connectors.paths import REPOSITORY
from stack.maven_build import build_jars
from stack.settings import StackSettings
from tests import quick_jvm

from .conftest import ADMIN, WRITER, FrontProcess

pytestmark = [pytest.mark.clickhouse, pytest.mark.flink, pytest.mark.timeout(600)]

DATABASE = "table_sink"
JOBS_S = 480
MOMENT, SHOWN = datetime(2026, 3, 29, 1, 30, 0, 123_000), "TIMESTAMP '2026-03-29 01:30:00.123'"
# Family -> type in Flink, its value there, and as clickhouse-connect reads it.
VALUES: dict[str, tuple[str, str, object]] = {
    "STRING": ("STRING", "'größer 🎉 `'' \\'", "größer 🎉 `' \\"),
    "CHAR": ("CHAR(2)", "'ab'", "ab"),
    "VARCHAR": ("VARCHAR(9)", "'é'", "é"),
    "BYTES": ("BYTES", "x'00c3a909'", "\0é\t"),
    "VARBINARY": ("VARBINARY(9)", "x'41'", "A"),
    "BOOLEAN": ("BOOLEAN", "TRUE", 1),
    "TINYINT": ("TINYINT", "127", 127),
    "SMALLINT": ("SMALLINT", "32767", 32_767),
    "INT": ("INT", "2147483647", 2**31 - 1),
    "BIGINT": ("BIGINT", "9007199254740993", 2**53 + 1),
    "FLOAT": ("FLOAT", "1.5", 1.5),
    "DOUBLE": ("DOUBLE", "0.1", 0.1),
    "TIMESTAMP": ("TIMESTAMP(3)", SHOWN, MOMENT),
    "TIMESTAMP_LTZ": ("TIMESTAMP_LTZ(3)", SHOWN, MOMENT),
}
EPOCH = datetime(1970, 1, 1)


def declarations(target: str) -> list[str]:
    """How tables declare a type; all ways for some, because each column costs the planner time."""
    more = [f"Nullable({target})", f"SimpleAggregateFunction(max, {target})", f"SimpleAggregateFunction(max, Nullable({target}))"]
    low = ["LowCardinality(String)", "LowCardinality(Nullable(String))"] if target == "String" else []
    return [target, *more, *low]


ALL_WAYS = ("STRING", "BIGINT", "TIMESTAMP_LTZ")
# Column -> (type in Flink, value in Flink, type in ClickHouse, value in ClickHouse).
COLUMNS: dict[str, tuple[str, str, str, object]] = {
    f"c{number}": column
    for number, column in enumerate(
        [
            (flink, value, declared, read)
            for family, targets in ACCEPTED.items()
            for flink, value, read in [VALUES[family]]
            for target in targets
            for declared in (declarations(target) if family in ALL_WAYS else [target])
        ]
        + [
            ("ARRAY<TIMESTAMP_LTZ(3)>", f"ARRAY[{SHOWN}, {SHOWN}]", "Array(DateTime64(3, 'UTC'))", [MOMENT, MOMENT]),
            ("ARRAY<BIGINT>", "ARRAY[7, CAST(NULL AS BIGINT)]", "Array(Nullable(UInt64))", [7, None]),
        ]
    )
}


def default(declared: str) -> object:
    """What a NULL becomes."""
    if "Nullable(" in declared and not declared.startswith("Array"):
        return None
    for kind, value in (("Array", []), ("String", ""), ("DateTime64", EPOCH), ("Float", 0.0), ("Bool", False)):
        if kind in declared:
            return value
    return 0


@pytest.fixture(scope="module")
def client(front: FrontProcess) -> Iterator[Any]:
    made = clickhouse_connect.get_client(dsn=front.url(ADMIN, "default"), autogenerate_session_id=False)
    made.command(f"CREATE DATABASE {DATABASE}")
    made.close()
    made = clickhouse_connect.get_client(dsn=front.url(ADMIN, DATABASE), autogenerate_session_id=False)
    yield made
    made.close()


NUMBERS = (
    "CREATE TEMPORARY TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '200',"
    " 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '199')"
)
VIEW = "CREATE TEMPORARY VIEW rows_of_sink AS"
MOMENTS = "TIMESTAMPADD(MONTH, CAST(n AS INT), TIMESTAMP '1990-01-01 00:00:00.000')"


def jobs() -> dict[str, dict[str, Any]]:
    """What table_sink_job.py runs."""
    values = ", ".join(f"CAST({value} AS {flink}) AS {name}" for name, (flink, value, _, _) in COLUMNS.items())
    nulls = ", ".join(f"CAST(NULL AS {flink}) AS {name}" for name, (flink, _, _, _) in COLUMNS.items())
    return {
        "types": {
            "table": "every_type",
            "statements": [f"{VIEW} SELECT {values}, 'value' AS k UNION ALL SELECT {nulls}, 'absent' AS k"],
        },
        "months": {"table": "months", "statements": [NUMBERS, f"{VIEW} SELECT n, {MOMENTS} AS moment FROM numbers"]},
        "misfit": {"table": "months", "statements": [NUMBERS, f"{VIEW} SELECT CAST(n AS STRING) AS n FROM numbers"]},
    }


@pytest.fixture(scope="module")
def said(front: FrontProcess, client: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the jobs said when they had ended, by name."""
    declared = ", ".join(f"{name} {kind}" for name, (_, _, kind, _) in COLUMNS.items())
    client.command(f"CREATE TABLE every_type (k String, {declared}) ENGINE = MergeTree ORDER BY k")
    client.command(
        "CREATE TABLE months (moment DateTime64(3, 'UTC'), n UInt64, text String DEFAULT 'none', twice UInt64 MATERIALIZED n * 2)"
        " ENGINE = MergeTree PARTITION BY toYYYYMM(moment) ORDER BY moment"
    )
    build = StackSettings.load(dict(os.environ)).build
    build_jars(build)
    file = tmp_path_factory.mktemp("jobs") / "jobs.json"
    file.write_text(json.dumps(jobs()), encoding="utf-8")
    jars = ";".join(f"file://{jar}" for jar in sorted((build / "flink" / "lib").glob("*.jar")))
    done = subprocess.run(
        [sys.executable, "-m", "tests.clickhouse_front.table_sink_job", jars, str(file)],
        cwd=REPOSITORY,
        env={**os.environ, **quick_jvm.PYFLINK, "CLICKHOUSE_URL": front.url(database=DATABASE)},
        capture_output=True,
        text=True,
        timeout=JOBS_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert WRITER[1] not in done.stdout + done.stderr
    answer: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_every_pair_of_types(client: Any, said: dict[str, list[str]]) -> None:
    assert said["types"] == []
    for key, expected in (
        ("value", [column[3] for column in COLUMNS.values()]),
        ("absent", [default(column[2]) for column in COLUMNS.values()]),
    ):
        (found,) = client.query(f"SELECT {', '.join(COLUMNS)} FROM every_type WHERE k = '{key}'").result_rows
        assert [*zip(COLUMNS.values(), found, strict=True)] == [*zip(COLUMNS.values(), expected, strict=True)]


def test_batches_of_many_months_and_columns_that_flink_does_not_know(client: Any, said: dict[str, list[str]]) -> None:
    assert said["months"] == []
    query = "SELECT count(), min(moment), max(moment), sum(n), sum(twice), any(text) FROM months"
    assert client.query(query).result_rows == [(200, datetime(1990, 1, 1), datetime(2006, 8, 1), 19_900, 39_800, "none")]


def test_a_column_that_cannot_be_written_is_named_once_and_for_all(said: dict[str, list[str]]) -> None:
    assert "ClickHouse table months: column n is STRING in Flink and UInt64 in ClickHouse" in said["misfit"]


def test_rows_of_other_types_than_the_tables_are_refused(front: FrontProcess, client: Any) -> None:
    """What keeps a batch from being misread when the table is altered while a job runs."""
    client.command("CREATE TABLE altered (n UInt32) ENGINE = MergeTree ORDER BY tuple()")
    batch = b"\x01\x01n\x06UInt64" + bytes(8)
    insert = f"INSERT INTO {DATABASE}.altered (n) FORMAT RowBinaryWithNamesAndTypes"
    answer = front.post(batch, query=insert)
    assert answer.headers["x-clickhouse-exception-code"] == "117", answer.text
    client.command("ALTER TABLE altered MODIFY COLUMN n UInt64")
    assert front.post(batch, query=insert).status_code == 200
    assert client.query("SELECT n FROM altered").result_rows == [(0,)]
