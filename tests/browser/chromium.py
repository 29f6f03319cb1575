"""A tab of Chromium, what went on in it, and what axe-core finds there."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

READY_MS = 20_000
DESKTOP: dict[str, Any] = {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"}
_shared: WeakKeyDictionary[Browser, BrowserContext] = WeakKeyDictionary()


@dataclass
class Tab:
    """A page, and what went on in it."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def strayed(self) -> list[str]:
        """Requests to anything but loopback."""
        return [url for url in self.requests if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname != "127.0.0.1"]

    def heard(self, message: ConsoleMessage) -> None:
        """Remembers what a developer would see in red or yellow."""
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def open(self, path: str) -> Page:
        """Goes to a page of the dashboard and waits until its figures are there."""
        self.page.goto(self.base + path)
        self.page.wait_for_selector(".page[data-ready]", timeout=READY_MS)
        return self.page


@contextmanager
def tab(running: Browser, base: str, **options: Any) -> Iterator[Tab]:
    """A tab of an empty profile; `options` are those of a browser context.

    Tabs without options share a profile, which is emptied before each, and so the process that draws them: starting one, and
    compiling the dashboard in it, is more than half of what a page costs. One beside another has a profile of its own.
    """
    with _profile(running, **options) if options or _is_taken(running) else _shared_profile(running, base) as context:
        made = Tab(context.new_page(), base.rstrip("/"))
        made.page.set_default_timeout(READY_MS)
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", made.heard)
        made.page.on("pageerror", lambda error: made.errors.append(str(error)))
        yield made


@contextmanager
def _profile(running: Browser, **options: Any) -> Iterator[BrowserContext]:
    context = running.new_context(**{**DESKTOP, **options})
    try:
        yield context
    finally:
        context.close()


def _is_taken(running: Browser) -> bool:
    return running in _shared and len(_shared[running].pages) > 1


@contextmanager
def _shared_profile(running: Browser, base: str) -> Iterator[BrowserContext]:
    """With nothing stored for `base`. Its first page stays open, and so the process stays."""
    if running not in _shared:
        _shared[running] = running.new_context(**DESKTOP)
        _shared[running].new_page().goto(f"{base.rstrip('/')}/api/health")
    context = _shared[running]
    context.clear_cookies()
    session = context.new_cdp_session(context.pages[0])
    session.send("Storage.clearDataForOrigin", {"origin": base.rstrip("/"), "storageTypes": "all"})
    session.detach()
    try:
        yield context
    finally:
        context.unroute_all()
        for page in context.pages[1:]:
            page.close()


def serious_findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical, each with the element."""
    source = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    # Evaluated by the debugger, which the page's policy does not bind.
    page.evaluate(source)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
