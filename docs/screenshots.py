"""Takes the pictures of docs/dashboards.md: `python -m docs.screenshots`, over a week that is computed inside ClickHouse.

Needs Chromium. Rows, clocks and names of files are the same each time, so a picture changes only with the page.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser

from bench.boards_universe import Universe, fill
from connectors.clickhouse.client import connect
from connectors.endpoints import Endpoints
from connectors.paths import REPOSITORY
from dashboards.model import load_pages
from dashboards.run import Boards, Filters
from dashboards.web.app import create_app
from dashboards.web.editor import Editor
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from docs.chromium import browser
from stack.migrations import apply_migrations
from stack.settings import StackSettings
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.table import write_table
from thresholds.versions import follow

FOLDER = REPOSITORY / "docs" / "screenshots"
UNIVERSE = Universe(posts=3_000, creators=300, comments=120_000, letters=600, days=7)
USERS = ("writer", "dashboard", "admin")
OPENS = "of-the-pictures"
# Versions of the universe are names only; those that can be edited are in a database of their own.
EDITED = "tokpulse_edited"
_WAIT_S = 60.0


@dataclass(frozen=True)
class Shot:
    """One picture: name of the file, address without the time range, theme, and size of the window."""

    name: str
    path: str
    theme: str = "light"
    size: tuple[int, int] = (1360, 880)


@contextmanager
def front(folder: Path) -> Iterator[int]:
    """An embedded ClickHouse of its own; gives its port. Each user's password is its name."""
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
        yield int(port_file.read_text())
    finally:
        process.terminate()
        process.wait(_WAIT_S)


def take(running: Browser, base: str, shot: Shot, file: Path) -> None:
    """Writes the picture."""
    end = UNIVERSE.end.timestamp() * 1000
    begin = (UNIVERSE.end - timedelta(hours=24)).timestamp() * 1000
    context = running.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.theme == "dark" else "light",
        # What is waited for is asked again and again by evaluating a text, which the page's policy refuses.
        bypass_csp=True,
    )
    try:
        page = context.new_page()
        page.clock.set_fixed_time(UNIVERSE.end)
        span = "" if "#" in shot.path else f"{'&' if '?' in shot.path else '?'}from={begin:.0f}&to={end:.0f}&live=0"
        page.goto(base + shot.path + span)
        page.wait_for_selector(".page[data-ready]")
        page.wait_for_function("document.querySelectorAll('[aria-busy=true]').length === 0")
        # Of the editor: what it says of the text.
        page.wait_for_function("document.getElementById('verdict')?.textContent !== ''")
        page.screenshot(path=file, animations="disabled")
    finally:
        context.close()


def main() -> None:
    """Makes all of them anew."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # The editor shows its file as it is named, which is not to be a path of the machine that takes the pictures.
        with chdir(folder), front(folder) as port:

            def url(user: str, database: str = "tokpulse") -> str:
                return f"http://{user}:{user}@127.0.0.1:{port}/{database}"

            apply_migrations(url("admin"))
            client = connect(url("admin"))
            # The oldest key counts: handles look the same in each run.
            key = [OPENS.encode().ljust(32), UNIVERSE.end - timedelta(days=365)]
            client.insert("pseudonym_key", [key], column_names=["key", "made_at"], database="tokpulse_private")
            decided = [[f"creator.{number}", "", 1, UNIVERSE.end] for number in range(UNIVERSE.creators) if number % 3]
            client.insert("opted_in", decided, column_names=["unique_id", "userid", "is_opted_in", "decided_at"])
            # Each goes to the account that is observed under the handle.
            fill(client, UNIVERSE)
            client.close()
            pages = load_pages()
            reading = Boards(connect(url("dashboard", "tokpulse_shared")), url("dashboard"), pages)
            source = Source(lambda: reading, UNIVERSE.end.timestamp)
            app = create_app(pages, source, StackSettings.load().build / "web", editor(url, folder).routes())
            with DashboardServer(app, 0) as server, browser() as running:
                FOLDER.mkdir(exist_ok=True)
                for shot in shots(reading):
                    file = FOLDER / f"{shot.name}.png"
                    take(running, server.url, shot, file)
                    print(f"{file.relative_to(REPOSITORY)}: {file.stat().st_size / 1000:.0f} kB", flush=True)


def editor(url: Callable[..., str], folder: Path) -> Editor:
    """An editor with one version in force, and a file that differs from it."""
    apply_migrations(url("admin", EDITED))
    client = connect(url("writer", EDITED))
    published_ms = round(UNIVERSE.end.timestamp() * 1000)
    version = follow([], load_thresholds(SHIPPED_FILE), 0, published_ms, "tokpulse", f"first version, from {SHIPPED_FILE.name}")
    write_table(client, url("writer", EDITED), [version])
    client.close()
    file = Path(SHIPPED_FILE.name)
    text = SHIPPED_FILE.read_text(encoding="utf-8")
    file.write_text(text.replace("plays_per_hour: 6000}", "plays_per_hour: 9000}"), encoding="utf-8")
    return Editor(lambda: Endpoints({"CLICKHOUSE_URL": url("writer", EDITED)}, folder), file, OPENS)


def shots(boards: Boards) -> list[Shot]:
    """Every page; those about one creator or post show the fastest one."""
    end_ms = round(UNIVERSE.end.timestamp() * 1000)
    answer = boards.run("overview", "trending_now", Filters(end_ms - 86_400_000, end_ms))
    post, creator = (answer.rows[0][answer.columns.index(name)] for name in ("aweme_id", "author_id"))
    about = {"creator": f"?creator={creator}", "post": f"?post={post}"}
    return [
        *(Shot(slug, f"/{slug}{about.get(slug, '')}") for slug in boards.pages),
        Shot("overview-dark", "/overview", "dark"),
        Shot("overview-phone", "/overview", size=(390, 844)),
        Shot("thresholds", f"/thresholds#token={OPENS}"),
    ]


if __name__ == "__main__":
    main()
