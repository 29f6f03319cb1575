"""`tokpulse privacy`: whose names readers see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connectors.endpoints import Endpoints
from connectors.terminal import say
from privacy.opted_in import publish, shown
from privacy.opted_in_file import load_opted_in, privacy_file

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Say whose names readers see; all others are masked."
)
File = Annotated[
    Path | None,
    typer.Option("--file", help="The file.  [default: TOKPULSE_PRIVACY_FILE, else privacy.yaml]", show_default=False),
]


@app.command()
def apply(file: File = None) -> None:
    """Publish privacy.yaml: dashboards and alerts follow at once. It is safe to repeat."""
    path = privacy_file() if file is None else file
    endpoints = Endpoints.from_env().require("CLICKHOUSE_URL")
    for line in publish(endpoints.clickhouse_url, path) or [f"nothing to do: {path.name} is published"]:
        say(line)


@app.command()
def check(file: File = None) -> None:
    """Read privacy.yaml and say what it holds; publishes nothing."""
    path = privacy_file() if file is None else file
    wanted = load_opted_in(path)
    named = len(wanted.ids | wanted.handles | wanted.secuids)
    say(f"{path}: {named:,} accounts are opted in: {len(wanted.handles):,} by handle, {named - len(wanted.handles):,} by id")


@app.command()
def show() -> None:
    """Show how many accounts are shown by name, and how many are masked."""
    say(shown(Endpoints.from_env().require("CLICKHOUSE_URL").clickhouse_url).line())
