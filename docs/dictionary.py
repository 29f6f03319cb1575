"""Writes docs/data-dictionary.md from the catalog of tables, the topics and their schemas: `python -m docs.dictionary`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from connectors.kafka.topics import Topic, load_topics
from quality.catalog import Column, Dataset, Freshness, load_catalog
from stack.ddl import clickhouse_columns

PAGE = Path(__file__).with_name("data-dictionary.md")
_HEAD = """# Data dictionary

Made by `make docs` from `sql/clickhouse/catalog/*.yaml`, the types in `sql/clickhouse/tables` and `views`, and the topics in
`connectors/kafka/topics.yaml` and `connectors/kafka/schemas/*.avsc`: edit those. The same texts are the comments of the tables
and columns in ClickHouse. All times are UTC; moments have milliseconds. Read the views: they are always merged, so no `FINAL` is
needed. Sensitivity: *personal* is what names or quotes a person, *pseudonymous* is TikTok's numeric id of one or of their post.
What is tested, and how: [quality](quality.md).
"""
_NOT_TESTED = "none"


def page() -> str:
    """The whole page."""
    catalog = load_catalog()
    views = [dataset for dataset in catalog.values() if dataset.read is None]
    storage = [dataset for dataset in catalog.values() if dataset.read is not None]
    topics = [topic for topic in load_topics() if topic.schema_file is not None]
    parts = [
        _HEAD,
        "## Datasets in ClickHouse\n",
        _overview(views),
        *map(_dataset, views),
        "## Storage\n\nWhat the views are made of. Storage may hold several rows of one key until they are merged.\n",
        *map(_dataset, storage),
        "## Topics\n",
        *map(_topic, topics),
    ]
    return "\n".join(parts)


def _overview(datasets: Iterable[Dataset]) -> str:
    lines = ["| dataset | grain | owner | freshness | sensitivity |", "|---|---|---|---|---|"]
    for dataset in datasets:
        about = dataset.about
        cells = (
            f"[`{dataset.name}`](#{dataset.name})",
            about.grain,
            about.owner,
            _freshness(about.freshness),
            dataset.sensitivity(about.columns),
        )
        lines.append(_row(cells))
    return "\n".join([*lines, ""])


def _dataset(dataset: Dataset) -> str:
    about, types = dataset.about, {column.name: column.type for column in clickhouse_columns()[dataset.name]}
    facts = [
        ("grain", about.grain),
        ("key", ", ".join(f"`{name}`" for name in about.key)),
        ("written by", about.written_by),
        ("owner", about.owner),
        ("retention", about.retention),
        ("sensitivity", dataset.sensitivity(types)),
    ]
    if dataset.read is None:
        facts.insert(2, ("time", f"`{about.time_column}`" if about.time_column else "none"))
        facts += [("freshness", _freshness(about.freshness)), ("tests of the whole", ", ".join(_tests_of(dataset)) or _NOT_TESTED)]
    lines = [f"### {dataset.name}", "", f"{about.description} ({about.kind})", ""]
    lines += [f"- {name}: {value}" for name, value in facts]
    lines += ["", "| column | type | unit | meaning | sensitivity | tests |", "|---|---|---|---|---|---|"]
    lines += [_column(name, kind, about.columns[name]) for name, kind in types.items()]
    return "\n".join([*lines, ""])


def _column(name: str, kind: str, column: Column) -> str:
    sensitivity = "" if column.sensitivity == "none" else column.sensitivity
    return _row((f"`{name}`", f"`{kind}`", column.unit, column.meaning, sensitivity, ", ".join(_tests_on(column))))


def _tests_on(column: Column) -> Iterator[str]:
    tests = column.tests
    if tests.not_null:
        yield "not null"
    if tests.range is not None:
        low, high = (f"{bound:g}" if bound is not None else "" for bound in (tests.range.min, tests.range.max))
        yield f"{low}..{high}"
    if tests.values is not None:
        yield f"one of {', '.join(tests.values)}"
    if tests.references is not None:
        yield f"in `{tests.references.dataset}.{tests.references.column}`"


def _tests_of(dataset: Dataset) -> Iterator[str]:
    """The tests of the dataset as a whole, by their names in `tokpulse quality`."""
    return (name for name, value in dataset.about.tests if value)


def _freshness(freshness: Freshness | None) -> str:
    if freshness is None:
        return "not tested"
    hours = [f"{limit / 3_600_000:g} h" for limit in (freshness.warn, freshness.error)]
    return f"warning after {hours[0]}, error after {hours[1]}" + ("" if freshness.required else "; may be empty")


def _topic(topic: Topic) -> str:
    schema: dict[str, Any] = json.loads(topic.schema_text())
    policy = ", ".join(topic.cleanup_policy)
    lines = [f"### {topic.name}", "", f"{schema.get('doc', '')}", ""]
    lines.append(f"- key: {topic.key}")
    lines.append(f"- partitions: {topic.partitions}; kept for {topic.retention_ms // 86_400_000} days ({policy})")
    lines += [f"- dead letters: `{topic.dlq}`"] if topic.dlq else []
    lines += ["", "| field | type | meaning |", "|---|---|---|"]
    lines += [_row((f"`{name}`", f"`{kind}`", doc)) for name, kind, doc in _fields(schema, "")]
    return "\n".join([*lines, ""])


def _fields(record: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for field in record["fields"]:
        kind, name = field["type"], f"{prefix}{field['name']}"
        if isinstance(kind, dict) and kind["type"] == "record":
            yield from _fields(kind, f"{name}.")
            continue
        nullable = isinstance(kind, list)
        inner = next(part for part in kind if part != "null") if nullable else kind
        text = str(inner.get("logicalType", inner["type"]) if isinstance(inner, dict) else inner)
        yield name, f"{text} or null" if nullable else text, str(field.get("doc", ""))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
