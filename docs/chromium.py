"""Chromium of the system, driven without a window: for screenshots and for the tests of the dashboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"no Chromium: install {' or '.join(NAMES)} (Debian: apt-get install chromium), or name one in TOKPULSE_CHROMIUM"
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run", "--metrics-recording-only"),
)


def chromium() -> str | None:
    """The program's path; None where there is none."""
    named = os.environ.get("TOKPULSE_CHROMIUM", "")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A running Chromium, which is not downloaded but has to be there."""
    path = chromium()
    if path is None:
        raise FileNotFoundError(MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield running
        finally:
            running.close()
