"""The dashboard as this machine has it: ClickHouse from the environment, the chart library from the build folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.clickhouse_client import connect
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from dashboards.model import load_pages
from dashboards.run import Boards
from dashboards.web.app import create_app
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from stack.settings import StackSettings

CHART_LIBRARY = "uPlot.iife.min.js"


class ChartLibraryError(TokpulseError):
    """The chart library is not installed."""


@contextmanager
def serving(port: int) -> Iterator[str]:
    """Serves the dashboard until the context ends; gives its URL. ClickHouse need not answer yet."""
    vendor = StackSettings.load().build / "web"
    if not (vendor / CHART_LIBRARY).is_file():
        raise ChartLibraryError(f"no {CHART_LIBRARY} in {vendor}", "`make install` puts it there")
    Endpoints.from_env().require("CLICKHOUSE_READER_URL")
    pages = load_pages()

    def boards() -> Boards:
        # Read again after an outage: a stack that was started anew may have other ports and passwords.
        url = Endpoints.from_env().clickhouse_reader_url
        return Boards(connect(url), url, pages)

    with DashboardServer(create_app(pages, Source(boards), vendor), port) as server:
        yield server.url
