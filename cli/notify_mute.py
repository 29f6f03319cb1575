"""`tokpulse notify mute`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client

from alerts.mutes import Mute, MuteError, add, in_force, remove, subject_of
from connectors.clickhouse.client import connect
from connectors.clock import wall_clock_ms
from connectors.durations import parse_ms
from connectors.endpoints import Endpoints
from connectors.terminal import say
from thresholds.change import user
from thresholds.versions import iso

SUBJECT = "What: a link of a post or profile, @handle, #hashtag, post:ID or creator:ID."
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Mute posts, creators or hashtags for a time."
)


@app.command("add")
def add_command(
    subject: Annotated[str, typer.Argument(help=SUBJECT)],
    span: Annotated[str, typer.Option("--for", help="How long: 90m, 24h, 7d.")] = "24h",
    comment: Annotated[str, typer.Option(help="Why; for others to read.")] = "",
) -> None:
    """Send no alerts about something for a time.

    It holds for every target and every notifier of this ClickHouse, within seconds. A new one about the same replaces the old one.
    """
    try:
        for_ms = parse_ms(span)
    except ValueError as error:
        raise MuteError(f"--for: {error}") from None
    with _clickhouse() as (client, url):
        mute = add(client, url, subject_of(client, url, subject), for_ms, user(), comment, wall_clock_ms())
    say(f"muted {mute.subject} until {iso(mute.until_ms)}")


@app.command("remove")
def remove_command(subject: Annotated[str, typer.Argument(help=SUBJECT)]) -> None:
    """Send alerts about something again."""
    with _clickhouse() as (client, url):
        what = subject_of(client, url, subject)
        remove(client, url, what, user(), wall_clock_ms())
    say(f"{what} is not muted any more")


@app.command("list")
def list_command() -> None:
    """Show what is muted, and until when."""
    with _clickhouse() as (client, url):
        mutes = in_force(client, url, wall_clock_ms())
    for mute in mutes:
        say(_line(mute))
    if not mutes:
        say("nothing is muted")


def _line(mute: Mute) -> str:
    comment = f"  {mute.comment}" if mute.comment else ""
    return f"{mute.subject!s:<30}  until {iso(mute.until_ms)}  by {mute.author or '?'}{comment}"


@contextmanager
def _clickhouse() -> Iterator[tuple[Client, str]]:
    url = Endpoints.from_env().require("CLICKHOUSE_URL").clickhouse_url
    client = connect(url)
    try:
        yield client, url
    finally:
        client.close()
