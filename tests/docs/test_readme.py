"""The documentation says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.targets import VARIABLES as WEBHOOKS
from cli.main import COMMANDS
from connectors.endpoints import VARIABLES
from connectors.kafka.topics import load_topics
from docs import diagram
from jobs.catalog import JOBS
from jobs.settings import parser
from stack.settings import DEFAULT_PORTS, port_variable

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
JAVA = ROOT / "connectors" / "flink" / "java" / "src" / "main" / "java" / "io" / "tokpulse" / "flink" / "avro"


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_readme_is_generated_from_the_sql_files() -> None:
    readme = page("README.md")
    assert diagram.rendered(readme) == readme, "run `.venv/bin/python -m docs.diagram`"


def test_diagram_has_every_sql_file_of_a_job() -> None:
    picture = diagram.mermaid()
    for job in JOBS.values():
        for file in (*job.sources, *job.views, *job.sinks):
            assert (f"    {file.name}\n" in picture) == (diagram.ASIDE.search(file.name) is None)
        for topic in job.topics:
            assert (f'"Kafka: {topic}"' in picture) == (not topic.endswith(".dlq"))


def test_views_that_judge_are_shown_to_ask_for_the_thresholds() -> None:
    judged = {edge.target for job in JOBS.values() for edge in diagram.job_edges(job) if edge.source == "view threshold_versions"}
    assert judged == {"trending_hourly_verdicts", "follower_history"}
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
    for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_every_decision_is_linked_and_short() -> None:
    for path in (ROOT / "docs" / "adr").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert f"(docs/adr/{path.name})" in page("README.md")
        assert len(text.splitlines()) < 60
        assert [line for line in text.splitlines() if line.startswith("## ")] == [
            "## Context",
            "## Decision",
            "## Consequences",
            "## What would change our mind",
        ]


def test_readme_names_every_variable_and_default_port() -> None:
    readme = page("README.md")
    for variable in (*VARIABLES, *WEBHOOKS.values()):
        assert f"`{variable}`" in readme
    for name, port in DEFAULT_PORTS.items():
        if port:
            assert f"`{port_variable(name)}`" in readme
            assert str(port) in readme


def test_example_names_every_webhook_without_a_value() -> None:
    for variable in WEBHOOKS.values():
        assert f"# {variable}=" in page(".env.example").splitlines()


def test_readme_names_every_job_and_page() -> None:
    readme = page("README.md")
    for job in JOBS:
        assert f"| `{job}` |" in readme
    for path in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{path.name})" in readme


def test_readme_names_every_command() -> None:
    table = "\n".join(line.split("|")[1] for line in page("README.md").splitlines() if line.startswith("| `tokpulse "))
    for command in COMMANDS:
        assert re.search(rf"`(tokpulse )?{command}\b", table), command


def test_operations_names_every_option_of_a_job() -> None:
    options = {option for action in parser("x")._actions for option in action.option_strings}
    for option in options - {"-h", "--help", "--wait", "--explain"}:
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
