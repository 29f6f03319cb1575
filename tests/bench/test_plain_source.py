from __future__ import annotations

import re
from pathlib import Path

import bench.blackhole_job
from connectors.paths import SQL_DIR
from jobs.engagement import JOB

_OWN = (
    *("connector", "idle.timeout", "error", "payload", "value.format", "value.avro-confluent"),
    *("properties.group.id", "properties.client.id"),
)


def lines(path: Path) -> list[str]:
    """Columns and options, but for those in which the sources differ on purpose."""
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    found = [line.strip().strip(",").replace("'", "") for line in text.splitlines()]
    return [line for line in found if line and not line.startswith(_OWN)]


def test_the_plain_source_differs_from_the_real_one_only_in_connector_and_format() -> None:
    (real,) = JOB.sources
    assert lines(Path(bench.blackhole_job.PLAIN_SOURCE)) == lines(SQL_DIR / real.path)
