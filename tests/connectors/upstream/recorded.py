"""Answers of the upstreams in the form of their documents, each with the request it answers and what is to be read from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.kafka.topics import load_topics
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask, Feed
from tests.topics import defaults

CASES = Path(__file__).with_name("cases")
RECEIVED_MS = 1_764_000_000_123
# What an expected record leaves out has the default of its field.
DEFAULTS = {topic.name: defaults(topic.name) for topic in load_topics().with_schema}


@dataclass(frozen=True)
class Case:
    upstream: str
    name: str
    ask: Ask
    request: dict[str, Any]
    answer: Answer
    expect: dict[str, Any]


@dataclass(frozen=True)
class CodeCase:
    upstream: str | None  # None: the same at all of them
    status: int
    code: int | None
    failure: str
    reason: str


def cases() -> list[Case]:
    found = []
    for upstream, name, raw in _recorded():
        given = raw["answer"]
        text = given["text"] if "text" in given else json.dumps(given["body"], ensure_ascii=False)
        answer = Answer(given["status"], given["headers"], text.encode(), RECEIVED_MS)
        for seen in raw["expect"].get("page", {}).get("observations", ()):
            if seen["problem"] is None:
                seen["record"] = DEFAULTS[seen["topic"]] | seen["record"]
        found.append(Case(upstream, name, ask_of(raw["ask"]), raw["request"], answer, raw["expect"]))
    return found


def _recorded() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Upstream, name and content of each case: a file of its own, or one of the `cases` in the file of the upstream."""
    for path in sorted(CASES.glob("*/*.json")):
        yield path.parent.name, path.stem, _loaded(path)
    for upstream in UPSTREAMS:
        for name, raw in _loaded(CASES / f"{upstream}.json").get("cases", {}).items():
            yield upstream, name, raw


def _loaded(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class ServiceCase:
    """What an upstream has beside its pages: of each key the header fields, of each body the balance or the reason of a refusal."""

    keys: dict[str, dict[str, str]]
    credits_path: str
    credits: list[tuple[str, int | str]]
    codes: list[dict[str, Any]]


def service_case(upstream: str) -> ServiceCase:
    raw = _loaded(CASES / f"{upstream}.json")
    return ServiceCase(raw["keys"], raw["credits_path"], [tuple(row) for row in raw["credits"]], raw["codes"])


def code_cases() -> list[CodeCase]:
    common = json.loads((CASES / "codes.json").read_text(encoding="utf-8"))
    own = [CodeCase(name, **row) for name in UPSTREAMS for row in service_case(name).codes]
    return [CodeCase(None, **row) for row in common] + own


def ask_of(raw: dict[str, Any]) -> Ask:
    return Ask(Feed(raw["feed"]), raw["subject"], raw["cursor"], raw["parent"])
