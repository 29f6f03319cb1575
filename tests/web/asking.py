"""Questions to the web application without a socket, and pages small enough to see through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from dashboards.model import Page
from dashboards.run import Boards, Filters, Result
from dashboards.web.app import create_app
from dashboards.web.source import Source

HOST = "127.0.0.1:8050"
NOW_S = 1_780_000_000.0
PAGE = Page.model_validate(
    {
        "slug": "small",
        "title": "Small",
        "description": "One of each.",
        "default_range": "24h",
        "refresh_s": 5,
        "filters": [{"name": "creator"}],
        "panels": [
            {
                "id": "gained",
                "title": "Plays gained",
                "help": "All of them.",
                "kind": "stat",
                "query": "totals",
                "width": 2,
                "height": 2,
                "unit": "plays",
                "value_columns": ["plays"],
                "compare": True,
                "empty": "Nothing yet.",
                "takes": ["creator"],
            },
            {
                "id": "posts",
                "title": "Posts",
                "help": "The newest.",
                "kind": "table",
                "query": "posts",
                "width": 6,
                "height": 4,
                "columns": [
                    {"name": "title", "title": "Title"},
                    {"name": "plays", "title": "Plays", "unit": "plays", "tone": "delta", "compare": True},
                    {"name": "seen_at", "title": "Seen", "unit": "time"},
                    {"name": "by_hour", "title": "By hour", "unit": "plays", "spark": True},
                ],
                "empty": "Nothing yet.",
                "takes": ["creator"],
            },
            {
                "id": "growth",
                "title": "Growth",
                "help": "Over time.",
                "kind": "timeseries",
                "query": "growth",
                "width": 6,
                "height": 4,
                "unit": "plays",
                "time_column": "bucket",
                "value_columns": ["plays"],
                "series_column": "tier",
                "empty": "Nothing yet.",
                "takes": ["creator"],
            },
        ],
    }
)
RESULTS = {
    "gained": Result(("plays",), ((7,),), 10, 0.001),
    "posts": Result(
        ("plays", "secret", "title", "by_hour", "seen_at"),
        ((-3, "x", "=HYPERLINK(1)", [1, None, 2], 1_767_571_200_250), (None, "x", 'a "b",\nc', [], 0)),
        20,
        0.002,
    ),
    "growth": Result(("bucket", "tier", "plays"), ((1_767_571_200_000, "small", 4),), 30, 0.003),
}


@dataclass
class FakeBoards:
    """Answers from RESULTS and remembers what was asked; `during` is called within each query."""

    results: Mapping[str, Result] = field(default_factory=lambda: dict(RESULTS))
    asked: list[tuple[str, str, Filters]] = field(default_factory=list)
    found: Mapping[str, Result] = field(default_factory=dict)
    searched: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def run(self, page: str, panel_id: str, filters: Filters) -> Result:
        self.asked.append((page, panel_id, filters))
        self.during()
        return self.results[panel_id]

    def find(self, query: str, values: Mapping[str, Any]) -> Result:
        self.searched.append((query, values))
        self.during()
        return self.found.get(query, Result((), (), 0, 0.0))


def source_of(boards: FakeBoards, clock: Callable[[], float] = lambda: NOW_S) -> Source:
    return Source(lambda: cast(Boards, boards), clock)


def app_of(source: Source, editor: Sequence[BaseRoute] = (), vendor: Path | None = None, page: Page = PAGE) -> ASGIApp:
    return create_app({page.slug: page}, source, vendor or Path(__file__).parent, editor)


def ask(app: ASGIApp, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, json: Any = None) -> httpx.Response:
    """The answer of `app`; a request like one of the page itself unless `headers` say otherwise."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, path, headers=headers, json=json)

    return asyncio.run(asked())
