"""`tokpulse status`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from connectors.console import new_console
from connectors.terminal import say
from polling.watching.handles import handle_file, troubles
from stack.kept_jobs import KeptJobs, now
from stack.settings import StackSettings
from stack.status import ServiceStatus, all_healthy, stack_status


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show each service with its port and health.

    The exit code is 0 only when all are healthy. It also names jobs that should run and had trouble, and handles of the watchlist
    that lead to another account by now, or to none.
    """
    settings = StackSettings.load()
    statuses = stack_status(settings)
    healthy = all_healthy(statuses)
    handles = troubles(handle_file(settings.data).read())
    kept, unreadable = KeptJobs(settings).all()
    jobs = {one.job: one.notes(now()) for one in kept}
    for line in unreadable:
        say(f"warning: {line}", err=True)
    if as_json:
        services = [asdict(status) for status in statuses]
        told = {"healthy": healthy, "data_dir": str(settings.data), "services": services, "jobs": jobs, "handles": handles}
        say(json.dumps(told, indent=2))
    else:
        _print_table(statuses)
        for job, notes in jobs.items():
            for line in notes:
                say(f"job {job}: {line}")
        for line in handles:
            say(f"watchlist: {line}")
        if not healthy:
            say(f"logs: {settings.logs}; start with `tokpulse up`", err=True)
    if not healthy:
        raise typer.Exit(1)


def _print_table(statuses: list[ServiceStatus]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("service", "pid", "port", "state", "restarts", "url"):
        table.add_column(title, overflow="fold")
    for status in statuses:
        state = status.state if status.state == "healthy" or not status.reason else f"{status.state}: {status.reason}"
        table.add_row(status.name, str(status.pid or "-"), str(status.port or "-"), state, str(status.restarts), status.url)
    new_console().print(table)
