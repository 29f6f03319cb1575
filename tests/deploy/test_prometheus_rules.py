"""The alert rules fit the metrics that are served; promtool checks them where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.doctor_load import HEAP_TOO_FULL
from cli.lag import OUTCOMES
from polling.metrics import METRICS

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "tokpulse.rules.yml"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "polling.md"
_DURATION = re.compile(r"\d+[smhd]")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    assert all(set(group) == {"name", "rules"} for group in groups)
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_has_what_prometheus_wants(rule: dict[str, Any]) -> None:
    assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"Tokpulse[A-Za-z]+", rule["alert"])
    assert _DURATION.fullmatch(rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description"}
    bare = re.sub(r'"[^"]*"', '""', rule["expr"])
    for opening, closing in ("()", "[]", "{}"):
        assert bare.count(opening) == bare.count(closing)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    known = {metric.name: metric for metric in METRICS}
    names = re.findall(r"\btokpulse_\w+", rule["expr"])
    assert names
    labels = {label for name in names for label in known[name].labels}
    asked = set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', rule["expr"]))
    for grouped in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        asked |= {label.strip() for label in grouped.split(",")}
    shown = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    assert asked | shown <= labels
    for name in names:
        assert (known[name].kind == "counter") == (f"rate({name}" in rule["expr"] or f"increase({name}" in rule["expr"])


def test_rules_about_the_ledger_ask_for_outcomes_that_are_served() -> None:
    exprs = [rule["expr"] for rule in rules() if "tokpulse_ledger_records" in rule["expr"]]
    asked = {
        name
        for expr in exprs
        for found in re.findall(r'tokpulse_ledger_records\{outcome=~?"([^"]+)"', expr)
        for name in found.split("|")
    }
    assert len(exprs) == 3
    assert asked == set(OUTCOMES) - {"counted", "quarantined"}


def test_the_rule_about_the_heap_asks_for_what_doctor_does() -> None:
    (expr,) = [rule["expr"] for rule in rules() if "tokpulse_heap_in_use" in rule["expr"]]
    assert expr == f"max by (job) (tokpulse_heap_in_use) >= {HEAP_TOO_FULL}"


def test_promtool_agrees(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus); the tests above have checked the file")
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules())} rules found" in done.stdout


def test_the_page_names_every_metric_with_its_meaning() -> None:
    page = DOCS.read_text(encoding="utf-8")
    missing = [
        metric.name
        for metric in METRICS
        if f"| `{metric.name}` | {metric.kind} | {', '.join(metric.labels) or '-'} | {metric.meaning} |" not in page
    ]
    assert missing == []
    assert set(re.findall(r"`(tokpulse_\w+)`", page)) == {metric.name for metric in METRICS}
