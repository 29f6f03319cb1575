"""The dashboard as this machine has it: ClickHouse from the environment, the chart library from the build folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from cli.dashboard_causes import finder, known_to
from connectors.clickhouse.client import connect
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from dashboards.model import load_pages
from dashboards.run import Boards
from dashboards.web.app import EDITOR_PATH, create_app
from dashboards.web.causes import Causes
from dashboards.web.editor import Editor
from dashboards.web.muting import NEEDED as NEEDED_TO_MUTE
from dashboards.web.muting import Muting
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from dashboards.web.views import Views
from dashboards.web.writing import new_token
from stack.settings import StackSettings
from thresholds.file import default_file
from thresholds.publish import NEEDED

CHART_LIBRARY = "uPlot.iife.min.js"
# What takes ClickHouse longer is given up. The page says long before that it waits.
ANSWER_WITHIN_S = 30


class ChartLibraryError(TokpulseError):
    """The chart library is not installed."""


@dataclass(frozen=True)
class Serving:
    """Where the dashboard is served. Those of `editor`, `muting` and `views` hold tokens that may write; empty where nobody may."""

    url: str
    editor_url: str = ""
    muting_url: str = ""
    views_url: str = ""


def flink_page(endpoints: Endpoints) -> str:
    """The address of Flink's page without user and password, "" where none is known."""
    parts = urlsplit(endpoints.values.get("FLINK_REST_URL", ""))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if parts.scheme in ("http", "https") else ""


@contextmanager
def serving(
    port: int,
    endpoints: Callable[[], Endpoints] = Endpoints.from_env,
    *,
    edit_thresholds: bool = False,
    mute_alerts: bool = False,
    views: Path | None = None,
) -> Iterator[Serving]:
    """Serves the dashboard until the context ends; `endpoints` gives the addresses of now. ClickHouse need not answer yet.

    `views` is the file of saved views.

    Raises MissingEndpointError, ChartLibraryError, DashboardPortError, PageFileError.
    """
    vendor = StackSettings.load().build / "web"
    if not (vendor / CHART_LIBRARY).is_file():
        raise ChartLibraryError(f"no {CHART_LIBRARY} in {vendor}", "`make install` puts it there")
    endpoints().require("CLICKHOUSE_READER_URL")
    pages = load_pages()

    def boards() -> Boards:
        # Read again after an outage: a stack that was started anew may have other ports and passwords.
        url = endpoints().clickhouse_reader_url
        return Boards(connect(url, ANSWER_WITHIN_S), url, pages)

    token, routes = "", []
    if edit_thresholds:
        endpoints().require(*NEEDED)
        token = new_token()
        routes = Editor(lambda: endpoints().require(*NEEDED), default_file().resolve(), token).routes()
    muting_token, muting = "", []
    if mute_alerts:
        endpoints().require(*NEEDED_TO_MUTE)
        muting_token = new_token()
        muting = Muting(lambda: endpoints().require(*NEEDED_TO_MUTE), muting_token).routes()
    views_token = new_token() if views else ""
    saving = Views(views.resolve(), views_token).routes() if views else []
    causes = Causes(finder(StackSettings.load(), endpoints)).routes() if known_to(endpoints()) else []
    app = create_app(pages, Source(boards), vendor, routes, muting, lambda: flink_page(endpoints()), saving, causes)
    with DashboardServer(app, port) as server:
        yield Serving(
            f"{server.url}/",
            f"{server.url}{EDITOR_PATH}#token={token}" if token else "",
            f"{server.url}/#mute={muting_token}" if muting_token else "",
            f"{server.url}/#views={views_token}" if views_token else "",
        )
