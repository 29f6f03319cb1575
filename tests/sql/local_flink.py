"""Flink in this process: the SQL of a mart over rows of a file, without Kafka, registry or ClickHouse.

Sources keep their columns and their watermark and lose their connector; what a view reads is found as for a job (`jobs.graph`).
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from pyflink.common import Row as FlinkRow
from pyflink.table import DataTypes, Table, TableEnvironment
from pyflink.table.expressions import call, col
from pyflink.table.types import LocalZonedTimestampType

from connectors.endpoints import Endpoints
from connectors.paths import REPOSITORY
from jobs.build import build, parameters, table_environment
from jobs.catalog import JOBS
from jobs.definition import JobDefinition
from jobs.execution import stream_graph
from jobs.graph import graph
from jobs.render import SqlFile, render
from jobs.settings import JobSettings
from stack import flink
from stack.settings import DEFAULT_PORTS, StackSettings
from tests import quick_jvm

Row = Mapping[str, Any]
_JOB = JOBS["pipeline"]
_METADATA = re.compile(r"(\w+\s+[A-Z]+(?:<[^>]*>)?)\s+METADATA\s+FROM\s+'[^']*'\s+VIRTUAL")
_WITH = re.compile(r"\)\s*WITH\s*\(.*\)\s*$", re.DOTALL)
_BUILD = Path(os.environ.get("TOKPULSE_BUILD", REPOSITORY / ".build"))


@contextmanager
def published(versions: Sequence[Row]) -> Iterator[str]:
    """The address of what answers every query of ClickHouse with `versions` of the thresholds."""
    body = "".join(json.dumps(version) + "\n" for version in versions).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tokpulse"
    finally:
        server.shutdown()
        server.server_close()


def prepare(folder: Path, clickhouse_url: str) -> None:
    """Sets the variables that the JVM of this process starts with; it starts with the first environment."""
    settings = StackSettings(folder, _BUILD, dict.fromkeys(DEFAULT_PORTS, 0))
    flink.prepare(settings)
    os.environ |= {
        "FLINK_HOME": str(settings.flink_home),
        "FLINK_CONF_DIR": str(settings.flink_conf_dir),
        "CLICKHOUSE_URL": clickhouse_url,
        **quick_jvm.PYFLINK,
    }


class Vertex(NamedTuple):
    """A box of Flink's page. `states` are the ids that the states of its operators are found by."""

    name: str
    id: str
    states: tuple[str, ...]


class LocalFlink:
    """Runs views. `folder` is for files of rows."""

    def __init__(self, folder: Path, clickhouse_url: str) -> None:
        self._folder = folder
        addresses = {"KAFKA_BOOTSTRAP_SERVERS": "none:1", "SCHEMA_REGISTRY_URL": "http://none", "CLICKHOUSE_URL": clickhouse_url}
        self._settings = JobSettings(endpoints=Endpoints(addresses, Path()), run_id="run")

    def rows(self, view: str, given: Mapping[str, Sequence[Row]]) -> list[dict[str, Any]]:
        """All rows of `view`, hours closed at the end, over the rows `given` for each source."""
        t_env = self._environment()
        values = parameters(_JOB, self._settings)
        for file in graph().closure([view]):
            statement = render(file, values)
            if file.path.parent.name == "10_sources":
                statement = self._over_file(file, statement, given.get(file.name, ()))
            t_env.execute_sql(statement)
        result = _readable(t_env.from_path(view)).execute()
        names = result.get_table_schema().get_field_names()
        with result.collect() as found:
            return [dict(zip(names, map(plain, row), strict=True)) for row in found]

    def answers(self, function: str, values: Sequence[Any]) -> list[Any]:
        """What the Python function at `function` (module.name) answers for each text of `values`."""
        t_env = self._environment()
        t_env.execute_sql(f"CREATE TEMPORARY FUNCTION asked AS '{function}' LANGUAGE PYTHON")
        numbered = t_env.from_elements(
            list(enumerate(values)),
            DataTypes.ROW([DataTypes.FIELD("place", DataTypes.INT()), DataTypes.FIELD("given", DataTypes.STRING())]),
        )
        with numbered.select(col("place"), call("asked", col("given"))).execute().collect() as found:
            return [answer for _, answer in sorted(((row[0], row[1]) for row in found), key=lambda pair: int(pair[0]))]

    def planned(self, job: JobDefinition, *, named: bool) -> list[Vertex]:
        """The boxes of Flink's page of `job`, in their order: as it is run, or as the planner alone would call them."""
        t_env = self._environment(job)
        graph = stream_graph(t_env, build(t_env, job, self._settings), job if named else None)
        boxes = graph.getJobGraph().getVerticesSortedTopologicallyFromSources()
        states = [tuple(str(pair.getGeneratedOperatorID()) for pair in box.getOperatorIDs()) for box in boxes]
        return [Vertex(str(box.getName()), str(box.getID()), held) for box, held in zip(boxes, states, strict=True)]

    def _environment(self, job: JobDefinition = _JOB) -> TableEnvironment:
        t_env = table_environment(job, self._settings)
        options = {
            # One task each, so that rows come in the order of the file, and a watermark behind each of them.
            "parallelism.default": "1",
            "pipeline.auto-watermark-interval": "1 ms",
            # No checkpoints. One that falls into the last second of a job would make it wait for the next.
            "execution.checkpointing.interval": "1 h",
            "execution.checkpointing.checkpoints-after-tasks-finish": "false",
            "python.executable": sys.executable,
            "python.client.executable": sys.executable,
            "restart-strategy.type": "none",
        }
        for key, value in options.items():
            t_env.get_config().set(key, value)
        return t_env

    def _over_file(self, source: SqlFile, statement: str, rows: Sequence[Row]) -> str:
        path = self._folder / f"{source.name}.json"
        path.write_text("".join(json.dumps(_encoded(row)) + "\n" for row in rows), encoding="utf-8")
        declared = _WITH.sub("", _METADATA.sub(r"\1", statement))
        return f"{declared}) WITH ('connector' = 'filesystem', 'path' = 'file://{path}', 'format' = 'json')"


def _readable(table: Table) -> Table:
    """With moments as PyFlink can give them out."""
    types = zip(table.get_schema().get_field_names(), table.get_schema().get_field_data_types(), strict=True)
    return table.select(
        *(
            col(name).cast(DataTypes.TIMESTAMP(3)).alias(name) if isinstance(kind, LocalZonedTimestampType) else col(name)
            for name, kind in types
        )
    )


def _encoded(row: Row) -> dict[str, Any]:
    """JSON has no bytes: Flink reads them from base64."""
    return {name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in row.items()}


def plain(value: Any) -> Any:
    """As it is written in YAML: times as text, without what is zero at their end."""
    if isinstance(value, datetime):
        text = value.isoformat(" ", "milliseconds")
        return text.removesuffix(".000")
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytearray | bytes):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, FlinkRow):
        return [plain(item) for item in value]
    return value
