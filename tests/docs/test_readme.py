"""The documentation says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.targets import VARIABLES as WEBHOOKS
from cli.main import COMMANDS
from connectors.endpoints import VARIABLES
from connectors.kafka.topics import load_topics
from connectors.upstream.catalog import UPSTREAMS
from docs import decisions, diagram
from jobs.catalog import JOBS
from jobs.settings import parser
from stack.settings import DEFAULT_PORTS, port_variable

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
JAVA = ROOT / "connectors" / "flink" / "java" / "src" / "main" / "java" / "io" / "tokpulse" / "flink" / "avro"


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def links(path: Path) -> set[Path]:
    """The files that a page links to, pictures included."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", path.read_text(encoding="utf-8"))
    return {(path.parent / target).resolve() for target in targets if "://" not in target}


def headings(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def tables(text: str) -> list[str]:
    """Every Markdown table of a page as text."""
    return re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)


@pytest.mark.parametrize("path", diagram.PAGES, ids=lambda path: path.name)
def test_lineage_and_datasets_are_generated_from_the_sql_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert diagram.rendered(text) == text, "run `.venv/bin/python -m docs.diagram`"


def test_readme_is_short_and_has_a_small_picture() -> None:
    readme = page("README.md")
    assert len(readme.splitlines()) <= 130
    picture = readme.split("```mermaid")[1].split("```")[0]
    assert len(re.findall(r'\w+[\[(/]+"', picture)) == 8


def test_every_page_is_at_most_two_clicks_from_the_readme() -> None:
    first = links(ROOT / "README.md")
    second = set().union(*(links(path) for path in first if path.suffix == ".md"))
    for path in (ROOT / "docs").rglob("*.md"):
        assert path in first | second, f"{path.relative_to(ROOT)}: link it from README.md, or from a page that README.md links"


def test_no_table_stands_twice() -> None:
    homes: dict[str, Path] = {}
    for path in PAGES:
        for table in tables(path.read_text(encoding="utf-8")):
            for row in table.splitlines()[2:]:
                # A row of two short words may be the same by chance.
                if len(row) > 60:
                    assert homes.setdefault(row, path) == path, f"{path.name} and {homes[row].name} have the same row: {row}"


def test_speeds_stand_on_the_page_of_figures_only() -> None:
    """A record keeps the figures of its time; CHANGELOG.md says what changed."""
    rate = re.compile(r"\d[\d,.]* (?:posts|comments|records|observations)/s")
    assert rate.search(page("docs/figures.md"))
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        if path.name != "figures.md":
            assert rate.search(path.read_text(encoding="utf-8")) is None, f"{path.name}: move the figure to docs/figures.md"


def test_diagram_has_every_sql_file_of_a_job() -> None:
    picture = diagram.mermaid()
    for job in JOBS.values():
        for file in (*job.sources, *job.views, *job.sinks):
            assert (f"    {file.name}\n" in picture) == (diagram.ASIDE.search(file.name) is None)
        for topic in job.topics:
            assert (f'"Kafka: {topic}"' in picture) == (not topic.endswith(".dlq"))


def test_views_that_judge_are_shown_to_ask_for_the_thresholds() -> None:
    judged = {edge.target for job in JOBS.values() for edge in diagram.job_edges(job) if edge.source == "view threshold_versions"}
    assert judged == {"momentum_candidates", "post_verdicts", "follower_history", "live_verdicts"}
    assert not any(edge.source.endswith("threshold_versions") for edge in diagram.job_edges(JOBS["engagement"]))


def test_every_view_of_the_diagram_has_a_way_in_and_a_way_out() -> None:
    for job in JOBS.values():
        edges = list(diagram.job_edges(job))
        for name in (file.name for file in job.views):
            assert any(edge.target == name for edge in edges), f"nothing is read by {name}"
            assert any(edge.source == name for edge in edges), f"nothing reads {name}"


def test_banner_stops_at_a_remark_and_joins_continued_lines() -> None:
    text = (
        "-- Question: why?\n-- Grain:    one row\n--           per key.\n-- Key:      id.   Lateness: none.\n-- A remark.\nSELECT 1"
    )
    assert diagram.banner(text) == {"Question": "why?", "Grain": "one row per key.", "Key": "id", "Lateness": "none"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            linked = path.parent / target if target else path
            assert linked.exists(), target
            assert not anchor or anchor in headings(linked), f"{target}#{anchor}"


def test_the_index_of_decisions_is_generated() -> None:
    assert page("docs/adr/README.md") == decisions.page(), "run `.venv/bin/python -m docs.decisions`"


def test_every_decision_is_linked_and_short() -> None:
    assert "(docs/adr/README.md)" in page("README.md")
    assert len(decisions.records()) >= 18
    for path in decisions.records():
        text = path.read_text(encoding="utf-8")
        assert f"({path.name})" in page("docs/adr/README.md")
        assert len(text.splitlines()) < 60
        assert [line for line in text.splitlines() if line.startswith("## ")] == [
            "## Context",
            "## Decision",
            "## Consequences",
            "## What would change our mind",
        ]


def test_configuration_names_every_variable_and_default_port() -> None:
    text = page("docs/configuration.md")
    for variable in (*VARIABLES, *WEBHOOKS.values()):
        assert f"`{variable}`" in text
    for name, port in DEFAULT_PORTS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{port_variable(name)}` |"))
        assert row.endswith(f"| {port} |")


# How parts of the stack talk to each other; nobody sets them.
INTERNAL_VARIABLES = {"TOKPULSE_STACK", "TOKPULSE_CLICKHOUSE_USERS"}


def test_configuration_names_every_variable_of_the_code() -> None:
    text = page("docs/configuration.md")
    folders = [path for path in ROOT.iterdir() if (path / "__init__.py").exists()]
    code = [path for folder in folders for path in folder.rglob("*.py") if folder.name != "tests"]
    named = {name for path in code for name in re.findall(r"\bTOKPULSE_[A-Z_]*[A-Z]\b(?!_|<)", path.read_text(encoding="utf-8"))}
    assert len(named) > 10
    for variable in named - INTERNAL_VARIABLES:
        assert f"`{variable}`" in text, variable


def test_every_file_that_a_recipe_names_is_there() -> None:
    names = re.findall(r"`((?:[\w.]+/)+[\w.]+\.\w+)`", page("docs/extending.md"))
    assert len(names) > 20
    for name in names:
        assert (ROOT / name).exists(), name


def test_every_upstream_has_a_recipe_and_its_key_a_row() -> None:
    for name in UPSTREAMS:
        assert f"`TOKPULSE_{name.upper()}_KEY`" in page("docs/upstreams.md")
    for title in ("Add a counter", "Add a mart", "Add an upstream"):
        assert f"\n## {title}\n" in page("docs/extending.md")


def test_example_names_every_webhook_without_a_value() -> None:
    for variable in WEBHOOKS.values():
        assert f"{variable}=" in page(".env.example").splitlines()


def test_every_job_is_named_and_every_page_linked() -> None:
    for job in JOBS:
        assert f"| `{job}` |" in page("docs/architecture.md")
        assert f"`{job}`" in page("README.md")
    for path in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{path.name})" in page("README.md")


def test_readme_names_every_command() -> None:
    table = "\n".join(line.split("|")[1] for line in page("README.md").splitlines() if line.startswith("| `tokpulse "))
    for command in COMMANDS:
        assert re.search(rf"`(tokpulse )?{command}\b", table), command


def test_every_option_of_a_job_is_named() -> None:
    options = {option for action in parser("x")._actions for option in action.option_strings} - {"-h", "--help"}
    for option in options - {"--wait", "--explain", "--compare"}:
        assert f"| `{option}` |" in page("docs/configuration.md")
    for option in ("--wait", "--explain", "--compare"):
        assert f"`{option}`" in page("docs/operations.md")


def test_operations_names_the_retention_of_the_topics() -> None:
    days = {topic.name: topic.retention_ms // 86_400_000 for topic in load_topics()}
    said = (
        f"posts for {days['tiktok.posts.events']} days, users {days['tiktok.users.snapshots']},"
        f" comments {days['tiktok.comments.events']}, results {days['tiktok.engagement.hourly']},"
        f" dead letters {days['tiktok.posts.events.dlq']}"
    )
    assert said in page("docs/operations.md")


def test_format_page_has_every_option_and_reason() -> None:
    text = page("docs/format.md")
    options = re.findall(r'ConfigOptions\.key\("([^"]+)"\)', (JAVA / "AvroDlqOptions.java").read_text(encoding="utf-8"))
    codes = re.findall(r'^ {4}[A-Z_]+\("([a-z_]+)"\)', (JAVA / "BadReason.java").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(options) >= 10
    assert len(codes) >= 13
    assert re.findall(r"^\| `([a-z-]+)` \|", text.split("## Reason codes")[0], re.MULTILINE) == options
    assert re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|$", text.split("## Reason codes")[1], re.MULTILINE) == codes
