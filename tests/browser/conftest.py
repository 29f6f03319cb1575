"""One dashboard over one small database for all tests of this folder, and one Chromium."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from clickhouse_connect.driver import Client
from playwright.sync_api import Browser, expect

from cli.dashboard_server import ANSWER_WITHIN_S
from connectors.clickhouse.client import connect
from connectors.endpoints import Endpoints
from dashboards.model import Page, load_pages
from dashboards.run import Boards
from dashboards.web.app import create_app
from dashboards.web.causes import Causes
from dashboards.web.editor import Editor
from dashboards.web.muting import Muting
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from dashboards.web.views import Views
from docs.chromium import MISSING, browser, chromium
from stack.migrations import apply_migrations
from stack.settings import StackSettings
from tests.clickhouse_front.conftest import ADMIN, READER, FrontProcess
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.table import write_table
from thresholds.versions import follow

from .chromium import READY_MS, Tab, tab
from .rows import fill
from .truth import TABLES, HeldBoards, Told, Truth

TOKEN = "of-this-start"
FLINK = "http://127.0.0.1:1/flink"
OpenTab = Callable[..., AbstractContextManager[Tab]]


@dataclass
class Dashboard:
    """A served dashboard: its URL, the front behind it, and the file that the editor edits."""

    url: str
    front: FrontProcess
    file: Path

    @property
    def client(self) -> Client:
        """Of the writer; a front that was started again has another port."""
        return _writer(self.front.url())


@functools.cache
def _writer(url: str) -> Client:
    return connect(url)


def _source(front: FrontProcess, pages: Mapping[str, Page]) -> Source:
    """As a reader sees the tables, wherever the front is at the time."""

    def boards() -> Boards:
        url = front.url(READER, "tokpulse_shared")
        return Boards(connect(url), url, pages)

    return Source(boards)


@pytest.fixture(scope="package")
def running_browser() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip(MISSING)
    # A machine that also runs a stack draws slowly; what must be quick says so itself.
    expect.set_options(timeout=READY_MS)
    with browser() as running:
        yield running


@pytest.fixture(scope="package")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    front = FrontProcess(tmp_path_factory.mktemp("browser"))
    front.start()
    try:
        apply_migrations(front.url(ADMIN))
        client = _writer(front.url())
        fill(client)
        write_table(client, front.url(), [follow([], load_thresholds(SHIPPED_FILE), 0, 1_767_571_200_000, "tokpulse", "first")])
        file = tmp_path_factory.mktemp("edited") / "thresholds.yaml"
        file.write_text(SHIPPED_FILE.read_text(encoding="utf-8"), encoding="utf-8")
        pages = load_pages()
        editing = Editor(lambda: Endpoints({"CLICKHOUSE_URL": front.url()}, file), file, TOKEN).routes()
        app = create_app(pages, _source(front, pages), StackSettings.load().build / "web", editing, flink=lambda: FLINK)
        with DashboardServer(app, 0) as server:
            yield Dashboard(server.url, front, file)
    finally:
        front.stop()


@pytest.fixture(scope="module")
def served(dashboard: Dashboard) -> Iterator[str]:
    """The same dashboard as `--mute-alerts` and `--views` serve it; views are kept beside the file that the editor edits."""
    pages = load_pages()
    source = _source(dashboard.front, pages)
    muting = Muting(lambda: Endpoints({"CLICKHOUSE_URL": dashboard.front.url()}, dashboard.file), TOKEN).routes()
    views = Views(dashboard.file.with_name("views.yaml"), TOKEN).routes()
    app = create_app(pages, source, StackSettings.load().build / "web", muting=muting, views=views)
    with DashboardServer(app, 0) as server:
        yield server.url


@pytest.fixture
def open_tab(running_browser: Browser, dashboard: Dashboard) -> OpenTab:
    """Opens a tab; leaving it shows whether anything went wrong in it."""
    return partial(tab, running_browser, dashboard.url)


@pytest.fixture(scope="package")
def served_truth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truth]:
    front = FrontProcess(tmp_path_factory.mktemp("truth"))
    front.start()
    try:
        apply_migrations(front.url(ADMIN))
        client, pages = connect(front.url()), load_pages()

        def boards() -> Boards:
            url = front.url(READER, "tokpulse_shared")
            return HeldBoards(connect(url, ANSWER_WITHIN_S), url, pages)

        told = Told()
        causes = Causes(told.find)
        app = create_app(pages, Source(boards), StackSettings.load().build / "web", causes=causes.routes())
        with DashboardServer(app, 0) as server:
            yield Truth(server.url, front, told, client, causes)
        client.close()
    finally:
        front.stop()


@pytest.fixture
def truth(served_truth: Truth) -> Truth:
    """On empty tables."""
    for table in TABLES:
        served_truth.client.command(f"TRUNCATE TABLE {table}")
    served_truth.told.always, served_truth.told.where_behind = [], []
    served_truth.causes.forget()
    return served_truth


@pytest.fixture
def open_truth(running_browser: Browser, truth: Truth) -> OpenTab:
    return partial(tab, running_browser, truth.url)
