"""A view against a table: what fits, and an error that names the column and both types."""

from __future__ import annotations

import pytest

from connectors.clickhouse.outputs import ClickHouseSink
from connectors.clickhouse.schema import SinkSchemaError, compare, flink_family, plain_type

SINK = ClickHouseSink(view="engagement_hourly", table="engagement_hourly_maxima")
TABLE = {
    "aweme_id": "String",
    "author_id": "SimpleAggregateFunction(max, String)",
    "window_start": "DateTime64(3, 'UTC')",
    "play_count": "SimpleAggregateFunction(max, UInt64)",
    "rate": "Nullable(Float64)",
    "is_final": "SimpleAggregateFunction(max, UInt8)",
}
VIEW = {
    "aweme_id": "STRING",
    "author_id": "VARCHAR(2147483647)",
    "window_start": "TIMESTAMP(3) *ROWTIME*",
    "play_count": "BIGINT NOT NULL",
    "rate": "DOUBLE",
    "is_final": "TINYINT NOT NULL",
}


def test_a_view_that_fits() -> None:
    compare(SINK, VIEW, TABLE)


def test_columns_go_by_name_not_by_place() -> None:
    compare(SINK, dict(reversed(VIEW.items())), TABLE)


@pytest.mark.parametrize(
    ("column", "flink", "clickhouse"),
    [
        ("play_count", "STRING", "SimpleAggregateFunction(max, UInt64)"),
        ("play_count", "DOUBLE", "SimpleAggregateFunction(max, UInt64)"),
        ("play_count", "DECIMAL(20, 0)", "SimpleAggregateFunction(max, UInt64)"),
        ("aweme_id", "BIGINT NOT NULL", "String"),
        ("window_start", "BIGINT", "DateTime64(3, 'UTC')"),
        ("rate", "STRING", "Nullable(Float64)"),
    ],
)
def test_the_error_names_column_and_both_types(column: str, flink: str, clickhouse: str) -> None:
    with pytest.raises(SinkSchemaError) as raised:
        compare(SINK, {**VIEW, column: flink}, TABLE)
    assert raised.value.message == (
        f"view engagement_hourly -> ClickHouse table engagement_hourly_maxima: "
        f"column {column} is {flink} in Flink and {clickhouse} in ClickHouse"
    )
    assert raised.value.hint


def test_elements_of_arrays_must_fit_too() -> None:
    table = {"moments": "Array(DateTime64(3, 'UTC'))"}
    compare(SINK, {"moments": "ARRAY<TIMESTAMP_LTZ(3) NOT NULL> NOT NULL"}, table)
    compare(SINK, {"counts": "ARRAY<ARRAY<BIGINT>>"}, {"counts": "Array(Array(Nullable(UInt64)))"})
    for misfit in ("ARRAY<TIMESTAMP(6)>", "ARRAY<BIGINT>", "TIMESTAMP(3)"):
        with pytest.raises(SinkSchemaError, match="column moments is"):
            compare(SINK, {"moments": misfit}, table)


def test_narrower_integers_in_clickhouse_are_refused() -> None:
    with pytest.raises(SinkSchemaError, match="play_count is BIGINT in Flink and UInt32"):
        compare(SINK, {"play_count": "BIGINT"}, {"play_count": "UInt32"})


def test_a_column_that_only_one_side_has() -> None:
    with pytest.raises(SinkSchemaError, match=r"column plays \(BIGINT\) is not in the table"):
        compare(SINK, {**VIEW, "plays": "BIGINT"}, TABLE)
    with pytest.raises(SinkSchemaError, match=r"column region \(String\) is not in the view"):
        compare(SINK, VIEW, {**TABLE, "region": "String"})
    with pytest.raises(SinkSchemaError, match="no such table") as raised:
        compare(SINK, VIEW, {})
    assert raised.value.hint


@pytest.mark.parametrize(
    ("wrapped", "plain"),
    [
        ("String", "String"),
        ("LowCardinality(String)", "String"),
        ("LowCardinality(Nullable(String))", "String"),
        ("SimpleAggregateFunction(max, Nullable(UInt64))", "UInt64"),
        ("SimpleAggregateFunction(anyLast, DateTime64(3, 'UTC'))", "DateTime64(3, 'UTC')"),
    ],
)
def test_plain_type(wrapped: str, plain: str) -> None:
    assert plain_type(wrapped) == plain


@pytest.mark.parametrize(
    ("summary", "family"),
    [("TIMESTAMP_LTZ(3) *ROWTIME*", "TIMESTAMP_LTZ"), ("BIGINT NOT NULL", "BIGINT"), ("CHAR(6) NOT NULL", "CHAR"), ("INT", "INT")],
)
def test_flink_family(summary: str, family: str) -> None:
    assert flink_family(summary) == family
