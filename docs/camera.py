"""What takes pictures: a ClickHouse of its own over a week that is always the same, a tab in which time stands still, and files."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.boards_universe import Universe
from connectors.paths import REPOSITORY

FOLDER = REPOSITORY / "docs" / "screenshots"
UNIVERSE = Universe(posts=3_000, creators=300, comments=120_000, letters=600, days=7)
USERS = ("writer", "dashboard", "admin")
_WAIT_S = 60.0
# Of pictures of which there are many.
_QUALITY = 55


@dataclass(frozen=True)
class Front:
    """A running front: the port it listens on."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, user: str, database: str = "tokpulse") -> str:
        """The DSN of a user, whose password is its name."""
        return f"http://{user}:{user}@127.0.0.1:{self.port}/{database}"


@contextmanager
def front(folder: Path) -> Iterator[Front]:
    """An embedded ClickHouse of its own."""
    users = folder / "users.json"
    roles = dict(zip(USERS, ("writer", "reader", "admin"), strict=True))
    users.write_text(json.dumps({"users": {name: {"password": name, "role": role} for name, role in roles.items()}}))
    users.chmod(0o600)
    port_file = folder / "port"
    options = ["--port", "0", "--port-file", str(port_file), "--path", str(folder / "data"), "--users-file", str(users)]
    process = subprocess.Popen([sys.executable, "-m", "stack.clickhouse", *options], cwd=REPOSITORY)
    try:
        deadline = time.monotonic() + _WAIT_S
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the ClickHouse front did not start")
            time.sleep(0.1)
        yield Front(int(port_file.read_text()), process)
    finally:
        process.terminate()
        process.wait(_WAIT_S)


# The day that pictures show.
SPAN = "from={:.0f}&to={:.0f}&live=0".format(*((UNIVERSE.end - timedelta(hours=ago)).timestamp() * 1000 for ago in (24, 0)))


@contextmanager
def looking(running: Browser, size: tuple[int, int], now: datetime = UNIVERSE.end, theme: str = "light") -> Iterator[Page]:
    """A tab in which it is `now`."""
    context = running.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        # What is waited for is asked again and again by evaluating a text, which the page's policy refuses.
        bypass_csp=True,
    )
    try:
        page = context.new_page()
        page.clock.set_fixed_time(now)
        yield page
    finally:
        context.close()


def settle(page: Page) -> None:
    """Waits until all that was asked for is there."""
    page.wait_for_selector(".page[data-ready]")
    page.wait_for_function("document.querySelectorAll('[aria-busy=true]').length === 0")
    # Of the editor: what it says of the text.
    page.wait_for_function("document.getElementById('verdict')?.textContent !== ''")


def save(page: Page, name: str) -> None:
    """Writes what is seen; small, where the name does not say otherwise."""
    file = FOLDER / (name if "." in name else f"{name}.webp")
    if file.suffix == ".webp":
        asked = {"format": "webp", "quality": _QUALITY}
        file.write_bytes(base64.b64decode(page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)["data"]))
    else:
        page.screenshot(path=file, animations="disabled")
    print(f"{file.relative_to(REPOSITORY)}: {file.stat().st_size / 1000:.0f} kB", flush=True)
