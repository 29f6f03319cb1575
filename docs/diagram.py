"""Writes the graph of docs/lineage.md and the table of docs/datasets.md from the SQL files: `python -m docs.diagram`.

The parts between `<!-- generated: NAME -->` and `<!-- end -->` are replaced. With `--check` nothing is written; the exit code is 1
when a page is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.paths import SQL_DIR
from jobs.catalog import JOBS
from jobs.definition import THRESHOLD_FUNCTIONS, JobDefinition, topic_of
from jobs.graph import graph
from jobs.render import SqlFile
from thresholds.table import TABLE
from thresholds.topic import TOPIC

PAGES = (SQL_DIR.parent / "docs" / "lineage.md", SQL_DIR.parent / "docs" / "datasets.md")
_VIEW = re.compile(r"CREATE OR REPLACE VIEW (\w+)\b(?!\.).*?\bAS (?:SELECT|WITH)\b(.*?);", re.DOTALL)
_MATERIALIZED = re.compile(r"CREATE MATERIALIZED VIEW (?:IF NOT EXISTS )?\w+ TO (\w+)\b(.*?);", re.DOTALL)
_LABEL = re.compile(r"\b(Question|Grain|Key|Window|Lateness|Time|Bucket):\s*")
# What tallies and quarantines is the same for each topic.
ASIDE = re.compile(
    r"_(?:rejected|classified|tally|ledger|accounts|counts|dead_letters|dlq)$|\.dlq$|dead_letters|pipeline_ledger|quality_results"
)
_CORRECTED = "_corrected"
# How the comment of a view begins that only other views read.
_INTERNAL = "Internal:"
_STAGES = {"10_sources": "sources", "20_staging": "staging", "30_marts": "marts", "40_sinks": "sinks"}
_MARK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Edge:
    """Rows of `source` reach `target`."""

    source: str
    target: str


def job_edges(job: JobDefinition) -> Iterator[Edge]:
    """What reads what in one job, topics and ClickHouse tables included."""
    for file in job.sources:
        yield Edge(f"topic {topic_of(file.name)}", file.name)
    for file in (*job.views, *job.inserts):
        yield from (Edge(name, file.name) for name in graph().reads(file) if graph().creators[name].kind != "FUNCTION")
    for file in job.sinks:
        yield Edge(file.name, f"topic {topic_of(file.name)}")
    for sink in job.clickhouse:
        yield Edge(sink.view, f"table {sink.table}")
    if job.uses_thresholds:
        yield from _thresholds(job)


def _thresholds(job: JobDefinition) -> Iterator[Edge]:
    """From the topic of versions to the views that use them: publishing copies a version to its table, verdicts ask for it."""
    yield Edge(f"topic {TOPIC}", f"table {TABLE}")
    versions = next(edge.target for edge in read_views() if edge.source == f"table {TABLE}")
    yield from (Edge(versions, file.name) for file in job.views if THRESHOLD_FUNCTIONS.intersection(graph().reads(file)))


def read_views() -> Iterator[Edge]:
    """The read views of ClickHouse and the tables that they read."""
    for migration in sorted((SQL_DIR / "clickhouse" / "migrations").glob("*.sql")):
        for name, body in _VIEW.findall(migration.read_text(encoding="utf-8")):
            for table in sorted(set(re.findall(r"\bFROM (\w+)(?: AS \w+)? FINAL\b", body))):
                yield Edge(f"table {table}", f"view {name}")
            for view in sorted(set(re.findall(r"\b(?:FROM|JOIN) (\w+)\b(?! FINAL)", body)) & set(_read_view_names())):
                yield Edge(f"view {view}", f"view {name}")


def materialized() -> Iterator[Edge]:
    """Tables of ClickHouse that the inserts into other tables fill."""
    for migration in sorted((SQL_DIR / "clickhouse" / "migrations").glob("*.sql")):
        for name, body in _MATERIALIZED.findall(migration.read_text(encoding="utf-8")):
            yield from (Edge(f"table {table}", f"table {name}") for table in sorted(set(re.findall(r"\bFROM (\w+)\b", body))))


def _read_view_names() -> list[str]:
    migrations = sorted((SQL_DIR / "clickhouse" / "migrations").glob("*.sql"))
    return [name for path in migrations for name, _ in _VIEW.findall(path.read_text(encoding="utf-8"))]


def mermaid() -> str:
    """The flow chart of the marts: what tallies and quarantines records is left out, it is the same for each topic."""
    edges: list[Edge] = []
    for job in JOBS.values():
        edges += [edge for edge in job_edges(job) if edge not in edges]
    edges += [*read_views(), *materialized()]
    aside = {name for edge in edges for name in (edge.source, edge.target) if ASIDE.search(name)}
    edges = [edge for edge in edges if not {edge.source, edge.target} & aside]
    stages = {
        file.name: file.path.parent.name
        for job in JOBS.values()
        for file in sorted((*job.sources, *job.views, *job.sinks), key=_folder)
        if file.name not in aside
    }
    lines = ["```mermaid", "flowchart LR"]
    for folder, title in _STAGES.items():
        lines.append(f"  subgraph {title}[sql/{folder}]")
        lines += [f"    {name}" for name, where in stages.items() if where == folder]
        lines.append("  end")
    outside = dict.fromkeys(name for edge in edges for name in (edge.source, edge.target) if " " in name)
    for name in outside:
        kind, _, label = name.partition(" ")
        left, right = {"topic": ("[/", "/]"), "table": ("[(", ")]"), "view": ("([", "])")}[kind]
        lines.append(f'  {_id(name)}{left}"{"Kafka" if kind == "topic" else f"ClickHouse {kind}"}: {label}"{right}')
    lines += [f"  {_id(edge.source)} --> {_id(edge.target)}" for edge in edges]
    return "\n".join([*lines, "```", ""])


def datasets() -> str:
    """The table of what readers may use: a row per ClickHouse read view and per result topic."""
    lines = ["| dataset | grain | key | window | lateness |", "|---|---|---|---|---|"]
    # The first view that reads a table is the table's own.
    readers = {edge.source: edge.target.removeprefix("view ") for edge in reversed([*read_views()])}
    rows: list[str] = []
    for job in JOBS.values():
        for sink in job.clickhouse:
            view = readers[f"table {sink.table}"]
            # A table that several views fill says nothing of a window.
            said = (mart_banner(sink.view) if sink.view == view else {}) | read_view(view)
            rows.append(_row(f"ClickHouse view `{view}`", said))
        for file in job.sinks:
            if not ASIDE.search(file.name):
                mart = next(edge.source for edge in job_edges(job) if edge.target == file.name)
                grain = {"Grain": banner((SQL_DIR / file.path).read_text(encoding="utf-8"))["Grain"]}
                # A topic may have fewer rows than the mart, and promises of its own.
                said = mart_banner(mart) | ({} if grain["Grain"].startswith(f"as {mart}") else grain)
                rows.append(_row(f"Kafka topic `{topic_of(file.name)}`", said))
    written = {readers[f"table {sink.table}"] for job in JOBS.values() for sink in job.clickhouse}
    others = {name: read_view(name) for name in _read_view_names() if name not in written}
    rows += [_row(f"ClickHouse view `{name}`", said) for name, said in others.items() if not said["Grain"].startswith(_INTERNAL)]
    return "\n".join([*lines, *dict.fromkeys(rows), ""])


def mart_banner(view: str) -> dict[str, str]:
    """The banner of the Flink view."""
    return banner((SQL_DIR / graph().creators[view].path).read_text(encoding="utf-8"))


def read_view(name: str) -> dict[str, str]:
    """Grain (its comment) and key (by a line above it, else its GROUP BY, else its table's order) of a read view of ClickHouse."""
    for migration in sorted((SQL_DIR / "clickhouse" / "migrations").glob("*.sql"), reverse=True):
        text = migration.read_text(encoding="utf-8")
        view = re.search(rf"CREATE OR REPLACE VIEW {name}\b.*?;(?=\n|$)", text, re.DOTALL)
        if view is None:
            continue
        said = {"Grain": _quoted(re.findall(r"\nCOMMENT ('(?:[^']|'')*')", view[0])[-1])}
        if name.endswith(_CORRECTED):
            return read_view(name.removesuffix(_CORRECTED)) | said
        key = (
            re.search(rf"-- Key: \(([\w, ]+)\)\nCREATE OR REPLACE VIEW {name}\b", text)
            or re.search(r"GROUP BY ([\w, ]+)", view[0])
            or re.search(r"ORDER BY \(?([\w, ]+)", text)
        )
        return said | ({"Key": f"({key[1].strip()})"} if key else {})
    raise LookupError(f"no migration creates view {name}")


def banner(text: str) -> dict[str, str]:
    """Label -> text of a SQL file's banner; text behind the last label's sentence is left out at a line of its own."""
    comment = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--"))
    found: dict[str, str] = {}
    label = ""
    for line in comment:
        # A continuation is indented deeper than the text of a new remark.
        if not line.startswith("   ") and not _LABEL.match(line.strip()):
            label = ""
            continue
        pieces = _LABEL.split(line.strip())
        if pieces[0].strip() and label:
            found[label] = f"{found[label]} {pieces[0].strip()}"
        for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
            label, found[name] = name, value.strip().rstrip(".")
    return found


def _folder(file: SqlFile) -> str:
    return file.path.parent.name


def _row(name: str, said: dict[str, str]) -> str:
    cells = [said.get(label, "-") for label in ("Grain", "Key", "Window", "Lateness")]
    return "| " + " | ".join([name, *(cell.replace("|", "\\|") for cell in cells)]) + " |"


def _quoted(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)


def rendered(page: str) -> str:
    """`page` with its generated parts up to date. Raises KeyError for a mark with an unknown name."""
    parts = {"diagram": mermaid, "datasets": datasets}
    return _MARK.sub(lambda match: match[1] + parts[match[2]]() + match[3], page)


def main(argv: list[str]) -> int:
    """Writes the pages; with `--check` only reports whether they are up to date."""
    stale = [path for path in PAGES if (text := path.read_text(encoding="utf-8")) != rendered(text)]
    if argv == ["--check"]:
        for path in stale:
            print(f"docs/{path.name} does not match the SQL files: run `python -m docs.diagram`", file=sys.stderr)
        return int(bool(stale))
    for path in stale:
        path.write_text(rendered(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
