"""The table of hashtags, which each engine is held to: Python here, Flink in tests/sql, ClickHouse in tests/clickhouse_front."""

from __future__ import annotations

from pathlib import Path

import yaml

CASES: dict[str, list[str]] = {
    case["title"]: case["hashtags"] for case in yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
}
