"""Writes the graph of docs/lineage.md and the tables of docs/datasets.md and docs/marts.md: `python -m docs.diagram`.

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
from jobs.graph import Graph, graph
from jobs.render import SqlFile
from quality.catalog import Dataset, load_catalog
from stack import ddl
from stack.columns import target
from thresholds.table import TABLE
from thresholds.topic import TOPIC

PAGES = tuple(SQL_DIR.parent / "docs" / f"{name}.md" for name in ("lineage", "datasets", "marts"))
_MASKED = "shared/"
_LABEL = re.compile(r"\b(Question|Grain|Key|Window|Lateness|Time|Bucket):\s*")
# What tallies and quarantines is the same for each topic.
ASIDE = re.compile(
    r"_(?:rejected|classified|tally|ledger|accounts|counts|dead_letters|dlq)$|\.dlq$|dead_letters|pipeline_ledger|quality_results"
)
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
    versions = load_catalog()[TABLE].read
    yield from (Edge(f"view {versions}", file.name) for file in job.views if THRESHOLD_FUNCTIONS.intersection(graph().reads(file)))


def read_views() -> Iterator[Edge]:
    """The read views of ClickHouse, and the tables and views that they read."""
    schema = ddl.graph()
    for file in schema.creators.values():
        if file.kind == "VIEW" and not file.name.startswith(_MASKED):
            yield from (Edge(_in_clickhouse(schema, name), f"view {file.name}") for name in schema.reads(file))


def materialized() -> Iterator[Edge]:
    """Tables of ClickHouse that the inserts into other tables fill."""
    schema = ddl.graph()
    for file in schema.creators.values():
        # What the clock fills shows in the view that reads it.
        if file.kind == "MATERIALIZED VIEW" and "REFRESH" not in file.text:
            yield from (Edge(_in_clickhouse(schema, name), f"table {target(file.text)}") for name in schema.reads(file))


def _in_clickhouse(schema: Graph, name: str) -> str:
    return f"{schema.creators[name].kind.lower()} {name}"


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
    catalog = load_catalog()
    rows: list[str] = []
    written = set()
    filled_by: dict[str, set[str]] = {}
    for sink in (sink for job in JOBS.values() for sink in job.clickhouse):
        filled_by.setdefault(sink.table, set()).add(sink.view)
    for job in JOBS.values():
        for sink in job.clickhouse:
            view = str(catalog[sink.table].read)
            written.add(view)
            # A table that several views fill says nothing of a window.
            said = (mart_banner(sink.view) if len(filled_by[sink.table]) == 1 else {}) | read_view(catalog[view])
            rows.append(_row(f"ClickHouse view `{view}`", said))
        for file in job.sinks:
            if not ASIDE.search(file.name):
                mart = next(edge.source for edge in job_edges(job) if edge.target == file.name)
                grain = {"Grain": banner((SQL_DIR / file.path).read_text(encoding="utf-8"))["Grain"]}
                # A topic may have fewer rows than the mart, and promises of its own.
                said = mart_banner(mart) | ({} if grain["Grain"].startswith(f"as {mart}") else grain)
                rows.append(_row(f"Kafka topic `{topic_of(file.name)}`", said))
    others = (one for name, one in catalog.items() if one.is_read_view and name not in written)
    rows += [_row(f"ClickHouse view `{view.name}`", read_view(view)) for view in others]
    return "\n".join([*lines, *dict.fromkeys(rows), ""])


def marts() -> str:
    """The table of the read views that ClickHouse computes from what is there, when they are read or at each insert."""
    lines = ["| view | what it is | grain | computed by |", "|---|---|---|---|"]
    for name, view in load_catalog().items():
        about = view.about
        if view.is_read_view and about.written_by.startswith(("view", "materialized view")):
            cells = (f"`{name}`", about.description.rstrip("."), about.grain, about.written_by)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def mart_banner(view: str) -> dict[str, str]:
    """The banner of the Flink view."""
    return banner((SQL_DIR / graph().creators[view].path).read_text(encoding="utf-8"))


def read_view(view: Dataset) -> dict[str, str]:
    """Grain and key of a read view of ClickHouse."""
    return {"Grain": view.about.grain, "Key": f"({', '.join(view.about.key)})"}


def banner(text: str) -> dict[str, str]:
    """Label -> text of a SQL file's banner; text behind the last label's sentence is left out at a line of its own."""
    comment = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--"))
    fields: dict[str, str] = {}
    label = ""
    for line in comment:
        # A continuation is indented deeper than the text of a new remark.
        if not line.startswith("   ") and not _LABEL.match(line.strip()):
            label = ""
            continue
        pieces = _LABEL.split(line.strip())
        if pieces[0].strip() and label:
            fields[label] = f"{fields[label]} {pieces[0].strip()}"
        for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
            label, fields[name] = name, value.strip().rstrip(".")
    return fields


def _folder(file: SqlFile) -> str:
    return file.path.parent.name


def _row(name: str, said: dict[str, str]) -> str:
    cells = [said.get(label, "-") for label in ("Grain", "Key", "Window", "Lateness")]
    return "| " + " | ".join([name, *(cell.replace("|", "\\|") for cell in cells)]) + " |"


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)


def rendered(page: str) -> str:
    """`page` with its generated parts up to date. Raises KeyError for a mark with an unknown name."""
    parts = {"diagram": mermaid, "datasets": datasets, "marts": marts}
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
