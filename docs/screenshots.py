"""Takes the pictures of docs/dashboards.md and docs/analyst_questions.md: `python -m docs.screenshots`, over a week that is
computed inside ClickHouse.

Needs Chromium. Rows, clocks and names of files are the same each time, so a picture changes only with the page; but those of a
ClickHouse that has stopped say for how many seconds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser

from bench.boards_universe import boards_statement, fill
from connectors.clickhouse.client import connect
from connectors.endpoints import Endpoints
from dashboards.model import load_pages
from dashboards.run import Boards, Filters
from dashboards.web.app import create_app
from dashboards.web.editor import Editor
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from docs.camera import FOLDER, SPAN, UNIVERSE, front, looking, save, settle
from docs.chromium import browser
from docs.questions import DESKTOP, PHONE, QUESTIONS, Person, picture
from docs.screenshot_states import states
from stack.migrations import apply_migrations
from stack.settings import StackSettings
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.table import write_table
from thresholds.versions import follow

OPENS = "of-the-pictures"
# Versions of the universe are names only; those that can be edited are in a database of their own.
EDITED = "tokpulse_edited"


@dataclass(frozen=True)
class Shot:
    """One picture: name of the file, address without the time range, theme, and size of the window."""

    name: str
    path: str
    theme: str = "light"
    size: tuple[int, int] = (1360, 880)


def take(running: Browser, base: str, shot: Shot) -> None:
    """Writes the picture."""
    with looking(running, shot.size, theme=shot.theme) as page:
        span = "" if "#" in shot.path else f"{'&' if '?' in shot.path else '?'}{SPAN}"
        page.goto(base + shot.path + span)
        settle(page)
        save(page, f"{shot.name}.png")


def answered(running: Browser, base: str, creators: tuple[str, str, str]) -> None:
    """Writes the picture of each answer to a question of an analyst."""
    for kind, size in (("desktop", DESKTOP), ("phone", PHONE)):
        for number, (question, answer) in enumerate(QUESTIONS.items(), start=1):
            with looking(running, size) as page:
                page.goto(f"{base}/thresholds#token={OPENS}")
                settle(page)
                page.goto(f"{base}/overview?{SPAN}")
                settle(page)
                found = answer(Person(page, UNIVERSE.end - timedelta(hours=10), creators))
                found.wait_for()
                settle(page)
                # Below the toolbar, which stays at the top.
                found.evaluate("found => { found.scrollIntoView(); window.scrollBy(0, -150); }")
                save(page, picture(number, kind))
                print(f"  {question}")


def main() -> None:
    """Makes all of them anew, or those that are named: pages, answers, states."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="pages|answers|states", help="these alone")
    only = parser.parse_args().only or ["pages", "answers", "states"]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        # The editor shows its file as it is named, which is not to be a path of the machine that takes the pictures.
        with chdir(folder), front(folder) as clickhouse:
            url = clickhouse.url
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
                if "pages" in only:
                    for shot in shots(reading):
                        take(running, server.url, shot)
                if "answers" in only:
                    answered(running, server.url, creators(reading))
                if "states" in only:
                    states(running, clickhouse, folder)


def editor(url: Callable[..., str], folder: Path) -> Editor:
    """An editor with one version in force, and a file that differs from it."""
    apply_migrations(url("admin", EDITED))
    client = connect(url("writer", EDITED))
    published_ms = round(UNIVERSE.end.timestamp() * 1000)
    version = follow([], load_thresholds(SHIPPED_FILE), 0, published_ms, "tokpulse", f"first version, from {SHIPPED_FILE.name}")
    write_table(client, url("writer", EDITED), [version])
    # What a backtest judges again.
    client.command(boards_statement("judged_elsewhere"), parameters={"database": "tokpulse"})
    client.close()
    file = Path(SHIPPED_FILE.name)
    text = SHIPPED_FILE.read_text(encoding="utf-8")
    file.write_text(text.replace("plays_per_hour: 6000}", "plays_per_hour: 9000}"), encoding="utf-8")
    return Editor(lambda: Endpoints({"CLICKHOUSE_URL": url("writer", EDITED)}, folder), file, OPENS)


def shots(boards: Boards) -> list[Shot]:
    """Every page; those about one creator or post show the fastest one."""
    post, creator = (trending(boards, name)[0] for name in ("aweme_id", "author_id"))
    about = {"creator": f"?creator={creator}", "post": f"?post={post}"}
    return [
        *(Shot(slug, f"/{slug}{about.get(slug, '')}") for slug in boards.pages),
        Shot("overview-dark", "/overview", "dark"),
        Shot("overview-phone", "/overview", size=(390, 844)),
        Shot("thresholds", f"/thresholds#token={OPENS}"),
    ]


def trending(boards: Boards, column: str) -> list[str]:
    """The different values of a column of what trends, the fastest first."""
    end_ms = round(UNIVERSE.end.timestamp() * 1000)
    answer = boards.run("overview", "trending_now", Filters(end_ms - 86_400_000, end_ms))
    return list(dict.fromkeys(str(row[answer.columns.index(column)]) for row in answer.rows))


def creators(boards: Boards) -> tuple[str, str, str]:
    """Three of those whose posts trend."""
    first, second, third = trending(boards, "author_id")[:3]
    return first, second, third


if __name__ == "__main__":
    main()
