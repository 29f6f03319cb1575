"""`tokpulse dashboard`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.dashboard_server import serving
from connectors.terminal import say
from dashboards.web.server import DEFAULT_PORT, MAX_PORT, PORT_VARIABLE


def command(
    port: Annotated[
        int, typer.Option(min=0, max=MAX_PORT, envvar=PORT_VARIABLE, help="Port on 127.0.0.1; 0 takes any free port.")
    ] = DEFAULT_PORT,
    edit_thresholds: Annotated[
        bool,
        typer.Option("--edit-thresholds", help="Add a page that edits and publishes thresholds."),
    ] = False,
    mute_alerts: Annotated[
        bool,
        typer.Option("--mute-alerts", help="Add a button that mutes the alerts of a post, creator or hashtag."),
    ] = False,
    views: Annotated[
        Path | None,
        typer.Option("--views", dir_okay=False, help="Keep views by name in this file; adds a button that saves them."),
    ] = None,
) -> None:
    """Serve the dashboards as a web page on this machine.

    It runs until Ctrl-C, and reads ClickHouse as the read-only user (CLICKHOUSE_READER_URL).
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with serving(port, edit_thresholds=edit_thresholds, mute_alerts=mute_alerts, views=views) as served:
        say(f"dashboard   {served.url}")
        if served.editor_url:
            say(f"thresholds  {served.editor_url}")
        if served.muting_url:
            say(f"mute        {served.muting_url}")
        if served.views_url:
            say(f"views       {served.views_url}")
        say("press Ctrl-C to stop")
        ended.wait()
