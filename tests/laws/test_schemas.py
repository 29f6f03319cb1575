"""One definition of each record: the .avsc file. What producers, Flink and ClickHouse declare is checked against it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.topics import SCHEMAS_DIR, load_topics
from jobs.render import code
from stack.columns import Column, ddl_columns
from stack.ddl import clickhouse_columns

from .repository import SQL

# The contract: fields in this order. What has come since stands between them, is no part of it, and may be left out.
CONTRACT = {
    "tiktok.posts.events": (
        "TikTokPostEvent",
        "aweme_id region title duration play wmplay hdplay play_count digg_count comment_count share_count download_count "
        "collect_count create_time author_id ingested_at",
    ),
    "tiktok.users.snapshots": ("TikTokUserSnapshot", "userid user stats ingested_at"),
    "tiktok.comments.events": (
        "TikTokCommentEvent",
        "id video_id text create_time digg_count reply_total parent_id user ingested_at",
    ),
    "tiktok.live.events": (
        "TikTokLiveEvent",
        "room_id event event_id host_id host_unique_id connection_id connection_seq sent_at user_id user_unique_id "
        "user_nickname text action subject_id like_count total_likes gift_id gift_name repeat_count repeat_end group_id "
        "diamond_count viewer_count total_viewers sub_month star_claps star_score battle_status battle_duration teams "
        "language speaker is_final rank rank_type score payload ingested_at",
    ),
    "tiktok.live.rooms": (
        "TikTokLiveRoomChange",
        "room_id change host_id host_unique_id connection_id source close_code close_name outcome reason connected_at "
        "until_at events repeats started_at title viewer_count total_viewers payload ingested_at",
    ),
}
NESTED = {
    ("tiktok.users.snapshots", "user"): "id uniqueId nickname secUid verified privateAccount region",
    ("tiktok.users.snapshots", "stats"): "followerCount followingCount heartCount videoCount diggCount",
    ("tiktok.comments.events", "user"): "id uniqueId nickname region",
}
NULLABLE = {
    "tiktok.posts.events": {"region", "hdplay"},
    "tiktok.users.snapshots": set[str](),
    "tiktok.comments.events": {"parent_id"},
    "tiktok.live.events": set(CONTRACT["tiktok.live.events"][1].split())
    - {"room_id", "event", "event_id", "host_unique_id", "connection_id", "connection_seq", "payload", "ingested_at"},
    "tiktok.live.rooms": set(CONTRACT["tiktok.live.rooms"][1].split())
    - {"room_id", "change", "host_unique_id", "source", "payload", "ingested_at"},
}
FITTING = {
    "string": {"STRING"},
    "bytes": {"BYTES"},
    "boolean": {"BOOLEAN"},
    "int": {"INT"},
    "long": {"BIGINT"},
    "double": {"DOUBLE"},
    "timestamp-millis": {"TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"},
}


def schema(topic: str) -> dict[str, Any]:
    loaded = json.loads((SCHEMAS_DIR / f"{topic}.avsc").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def names(record: dict[str, Any]) -> list[str]:
    return [field["name"] for field in record["fields"]]


def plain(kind: Any) -> tuple[str, bool]:
    """(Avro type, may it be null) of a field's type; a logical type goes by its own name."""
    if isinstance(kind, list):
        assert kind[0] == "null"
        return plain(kind[1])[0], True
    if isinstance(kind, dict):
        return str(kind.get("logicalType", kind["type"])), False
    return str(kind), False


@pytest.mark.parametrize("topic", CONTRACT)
def test_fields_are_those_of_the_contract_in_order(topic: str) -> None:
    found = schema(topic)
    name, fields = CONTRACT[topic]
    assert (found["namespace"], found["name"]) == ("com.tikliveapi.events", name)
    contract = fields.split()
    assert [field for field in names(found) if field in contract] == contract
    assert names(found)[-1] == contract[-1]
    assert all("default" in field for field in found["fields"] if field["name"] not in contract)
    assert {field["name"] for field in found["fields"] if plain(field["type"])[1] and field["name"] in contract} == NULLABLE[topic]
    assert all(field["default"] is None for field in found["fields"] if plain(field["type"])[1])
    for (of, field), inner in NESTED.items():
        if of == topic:
            nested = next(item["type"] for item in found["fields"] if item["name"] == field)
            assert names(nested) == inner.split()


def test_every_topic_has_its_schema_and_every_schema_its_topic() -> None:
    used = {topic.schema_file.name for topic in load_topics().with_schema if topic.schema_file}
    assert used == {path.name for path in SCHEMAS_DIR.glob("*.avsc")}
    for topic in load_topics().with_schema:
        assert topic.key in names(schema(topic.name)), f"{topic.name}: the key is a field"


def value_columns(file: Path) -> list[Column]:
    """The columns of a Kafka table that are in the record's value."""
    text = file.read_text(encoding="utf-8")
    keys = re.search(r"'key\.fields'\s*=\s*'([^']*)'", text)
    keyed = set(keys[1].split(";")) if keys and "'EXCEPT_KEY'" in text else set()
    return [
        column
        for column in ddl_columns(text)
        if column.type and not column.rest.upper().startswith("METADATA") and column.name not in keyed
    ]


def check(file: Path, topic: str) -> None:
    fields = {field["name"]: field["type"] for field in schema(topic)["fields"]}
    for column in value_columns(file):
        assert column.name in fields, f"{file.name}: {column.name} is not a field of {topic}"
        kind, nullable = plain(fields[column.name])
        declared = re.sub(r"\s+", "", column.type.upper())
        if kind == "record":
            assert declared.startswith("ROW<")
        else:
            assert declared in FITTING[kind], f"{file.name}: {column.name} is {column.type}, in Avro {kind}"
        if "NOT NULL" in column.rest.upper():
            assert not nullable, f"{file.name}: {column.name} may be null"


# Source file -> topic: the noun before `_` is that of the topic.
SOURCES = sorted((SQL / "10_sources").glob("*.sql"))


@pytest.mark.parametrize("file", SOURCES, ids=lambda path: path.stem)
def test_a_source_declares_fields_of_its_schema(file: Path) -> None:
    topic = f"tiktok.{file.stem.replace('_', '.')}"
    assert topic in CONTRACT, "a source is named <noun>_<what> after its topic tiktok.<noun>.<what>"
    check(file, topic)
    assert "ingested_at" in [column.name for column in value_columns(file)]


def leaves(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(path, type) of every field that is no record."""
    for field in record["fields"]:
        kind = plain(field["type"])[0]
        if isinstance(field["type"], dict) and field["type"].get("type") == "record":
            yield from leaves(field["type"], f"{prefix}{field['name']}.")
        else:
            yield f"{prefix}{field['name']}", kind


def test_the_quarantine_rules_name_fields_of_the_schema() -> None:
    for file in SOURCES:
        fields = dict(leaves(schema(f"tiktok.{file.stem.replace('_', '.')}")))
        listed = re.search(r"'value\.avro-confluent-dlq\.non-negative' = '([^']*)'", code(file.read_text(encoding="utf-8")))
        assert listed
        assert all(fields[name] == "long" for name in listed[1].split(";"))
        counters = {name for name, kind in fields.items() if name.endswith(("_count", "Count")) and kind == "long"}
        assert counters <= set(listed[1].split(";")), "a counter below zero is a bad record, whether a job reads it or not"


@pytest.mark.parametrize("file", sorted((SQL / "40_sinks").glob("*_topic.sql")), ids=lambda path: path.stem)
def test_a_result_topic_is_its_schema(file: Path) -> None:
    topic = f"tiktok.{file.stem.removesuffix('_topic').replace('_', '.')}"
    check(file, topic)
    columns = value_columns(file)
    assert [column.name for column in columns] == names(schema(topic))
    nullable = {column.name for column in columns if "NOT NULL" not in column.rest.upper()}
    assert nullable == {field["name"] for field in schema(topic)["fields"] if plain(field["type"])[1]}


def test_the_result_topic_says_what_the_read_view_says() -> None:
    fields = names(schema("tiktok.engagement.hourly"))
    assert [column.name for column in clickhouse_columns()["engagement_hourly"] if column.name in fields] == fields


def test_every_clickhouse_column_of_time_is_utc_milliseconds() -> None:
    for table, columns in clickhouse_columns().items():
        for column in columns:
            if "DateTime" in column.type:
                assert "DateTime64(3, 'UTC')" in column.type, f"{table}.{column.name}"
