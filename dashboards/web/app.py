"""The web application: the page, its files, and the JSON and CSV that it asks for. It takes ids and filters, never SQL."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.errors import TokpulseError
from dashboards.finding import wanted
from dashboards.model import SUBJECT_PAGES, Page, Panel
from dashboards.run import FilterError, QueryLimitError, UnknownPanelError
from dashboards.web.answers import answer
from dashboards.web.asked import BadRequestError, choice_of, comparison_of
from dashboards.web.guard import Guard, refused
from dashboards.web.source import Source
from dashboards.web.waiting import DOWNLOAD_WITHIN_S, WITHIN_S, Desk, StillAskingError

STATIC = Path(__file__).with_name("static")
EDITOR_PATH = "/thresholds"
# How many creators, and how many posts, a search gives.
FOUND = 8
_log = logging.getLogger(__name__)


def create_app(
    pages: Mapping[str, Page],
    source: Source,
    vendor: Path,
    editor: Sequence[BaseRoute] = (),
    muting: Sequence[BaseRoute] = (),
    flink: Callable[[], str] = str,
    views: Sequence[BaseRoute] = (),
    causes: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """The application over `pages`. `vendor` holds the chart library.

    `editor`, `muting` and `views` are routes that write, if enabled. `flink` gives the address of Flink's page as it is now, ""
    where none is known; `causes` are the routes of somebody who knows why figures are behind.
    """

    desk = Desk()

    async def index(request: Request) -> Response:
        slug = request.url.path.strip("/")
        if slug and slug not in pages and request.url.path != EDITOR_PATH:
            raise HTTPException(404, f"no page {slug[:80]!r}")
        return FileResponse(STATIC / "index.html")

    async def listed(request: Request) -> Response:
        return JSONResponse(
            {
                "pages": [page.model_dump(mode="json") for page in pages.values()],
                "subjects": dict(SUBJECT_PAGES),
                "editor": bool(editor),
                "muting": bool(muting),
                "views": bool(views),
                "causes": bool(causes),
                "flink": flink(),
            }
        )

    async def panel(request: Request) -> Response:
        slug, panel_id = request.path_params["slug"], request.path_params["panel"]
        page, definition = _find(pages, slug, panel_id)
        choice, compare = choice_of(page, request.query_params), comparison_of(request.query_params)
        kind = request.query_params.get("format", "json")
        if kind not in ("json", "csv"):
            raise BadRequestError(f"format: {kind[:40]!r} is not known", "json or csv")
        within_s = DOWNLOAD_WITHIN_S if kind == "csv" else WITHIN_S
        key = (slug, panel_id, choice, compare, kind)
        return await desk.ask(key, lambda: answer(source, page, definition, choice, compare, kind), within_s)

    async def search(request: Request) -> Response:
        text = request.query_params.get("text", "")
        return await desk.ask(("search", text), lambda: _found(source, text))

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    app = Starlette(
        routes=[
            Route("/api/health", health),
            Route("/api/pages", listed),
            Route("/api/search", search),
            Route("/api/pages/{slug}/panels/{panel}", panel),
            *editor,
            *muting,
            *views,
            *causes,
            Mount("/static", _Files(directory=STATIC)),
            Mount("/vendor", _Files(directory=vendor)),
            Route("/{path:path}", index),
        ],
        exception_handlers={TokpulseError: _failed, HTTPException: _http_error, Exception: _unexpected},
    )
    # Outside of everything, so that answers to faults have the headers too.
    return Guard(app)


class _Files(StaticFiles):
    """Files that a browser asks about each time, so that an upgrade shows at once; unchanged ones are not sent again."""

    def file_response(self, *args: object, **named: object) -> Response:
        response: Response = super().file_response(*args, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def _find(pages: Mapping[str, Page], slug: str, panel_id: str) -> tuple[Page, Panel]:
    page = pages.get(slug)
    if page is None:
        raise UnknownPanelError(f"no page {slug[:80]!r}", "known: " + ", ".join(pages))
    definition = page.panel(panel_id)
    if definition is None:
        known = ", ".join(panel.id for panel in page.panels)
        raise UnknownPanelError(f"page {slug} has no panel {panel_id[:80]!r}", f"known: {known}")
    return page, definition


def _found(source: Source, text: str) -> Response:
    asked = wanted(text).parameters(FOUND)
    found = {query: source.find(query, asked) for query in ("creators", "posts")}
    return JSONResponse({name: [dict(zip(one.columns, row, strict=True)) for row in one.rows] for name, one in found.items()})


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, TokpulseError)
    if isinstance(error, StillAskingError):
        if request.query_params.get("format") == "csv":
            # Whoever downloads does not ask again, and would keep the message as the file.
            answer = refused(503, error.message, error.hint)
            answer.headers["Retry-After"] = "5"
            return answer
        # No failure: the question has been taken.
        return refused(202, error.message, error.hint, waiting_s=round(error.waiting_s, 1))
    status = 500
    if isinstance(error, BadRequestError | FilterError):
        status = 400
    elif isinstance(error, UnknownPanelError):
        status = 404
    elif isinstance(error, QueryLimitError):
        status = 422
    elif isinstance(error, ClickHouseUnavailableError):
        status = 503
    return refused(status, error.message, error.hint)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refused(error.status_code, str(error.detail), "the pages are listed at the left of every page")


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.exception("request for %s failed", request.url.path, exc_info=error)
    return refused(500, f"{type(error).__name__} in the dashboard", "its terminal shows where it comes from; please report it")
