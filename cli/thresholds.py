"""`tokpulse thresholds`: the file that people edit, and its published versions."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.thresholds_view import (
    print_backtest,
    print_changes,
    print_difference,
    print_history,
    print_version,
    version_values,
)
from cli.times import parse_time_ms
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from thresholds.backtest import FROM_MS, LISTED, TO_MS, backtest
from thresholds.change import carry_out, judged_note, propose
from thresholds.difference import difference
from thresholds.file import default_file, load_thresholds
from thresholds.model import Thresholds
from thresholds.publish import NEEDED, stored, sync
from thresholds.versions import current, find, iso

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Check, compare, publish and roll back thresholds.\n\nSee docs/thresholds.md.",
)

File = Annotated[
    Path | None, typer.Argument(help="File of thresholds (default: thresholds.yaml of this directory, else the project's).")
]
EffectiveFrom = Annotated[str, typer.Option(help="When it takes effect: ISO 8601, Unix ms, now, or -26h.")]
Comment = Annotated[str, typer.Option(help="Reason for the change; kept with the version.")]
Author = Annotated[str, typer.Option(help="Name of who publishes it (default: your user name).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_APPLY_LISTED = 5


class OptionsError(TokpulseError):
    """Options that do not go together."""


@app.command()
def check(file: File = None) -> None:
    """Check a file; needs no service and changes nothing."""
    path = file or default_file()
    thresholds = load_thresholds(path)
    rules = len(thresholds.follower_gains)
    typer.echo(f"{path}: valid, {len(thresholds.tiers)} tier(s), {rules} follower rule(s), content {thresholds.content_hash()[:8]}")


@app.command()
def apply(
    file: File = None,
    effective_from: EffectiveFrom = "now",
    comment: Comment = "",
    author: Author = "",
    no_backtest: Annotated[bool, typer.Option("--no-backtest", help="Do not compute which alerts would have changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be published; publish nothing.")] = False,
) -> None:
    """Check a file and publish it as a new version.

    It first shows what the file changes. Running jobs use the version within 10 seconds.
    """
    path = file or default_file()
    wanted = load_thresholds(path)
    _publish(wanted, effective_from, comment, author, with_backtest=not no_backtest, dry_run=dry_run)


@app.command()
def show(
    version: Annotated[
        str, typer.Argument(help="Version: its name, its number, or previous (default: the version in force).")
    ] = "",
    history: Annotated[bool, typer.Option("--history", help="List every version.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the thresholds in force, a version, or all versions."""
    if version and history:
        raise OptionsError(f"--history lists every version, {version} asks for one", "give one of the two")
    known, now_ms = stored(_clickhouse()), wall_clock_ms()
    if history:
        if as_json:
            typer.echo(json.dumps([version_values(version) for version in known], indent=2))
        else:
            in_force = current(known, now_ms).version if known else ""
            print_history(known, in_force)
        return
    chosen = find(known, version) if version else current(known, now_ms)
    if as_json:
        typer.echo(json.dumps(version_values(chosen), indent=2))
    else:
        print_version(chosen)


@app.command()
def diff(file: File = None) -> None:
    """Show what a file changes against the version in force."""
    path = file or default_file()
    wanted = load_thresholds(path)
    base = current(stored(_clickhouse()), wall_clock_ms())
    print_difference(difference(base.thresholds, wanted), base.version, str(path))


@app.command(name="backtest")
def run_backtest(
    file: File = None,
    begin: Annotated[str, typer.Option("--from", help="Evaluate what ends at this time or later (default: everything).")] = "",
    end: Annotated[str, typer.Option("--to", help="Evaluate what ends before this time (default: everything).")] = "",
    rows: Annotated[int, typer.Option(min=0, help="How many changes to list, newest first; totals count all.")] = LISTED,
    as_json: AsJson = False,
) -> None:
    """Show which alerts a file would add and remove on stored data.

    It changes nothing.
    """
    path = file or default_file()
    wanted, now_ms = load_thresholds(path), wall_clock_ms()
    from_ms = parse_time_ms(begin, now_ms, "--from") if begin else FROM_MS
    to_ms = parse_time_ms(end, now_ms, "--to") if end else TO_MS
    if from_ms >= to_ms:
        raise OptionsError(f"--from {iso(from_ms)} is not before --to {iso(to_ms)}", "give an earlier --from")
    result = backtest(_clickhouse().clickhouse_url, wanted, from_ms, to_ms, rows)
    if as_json:
        shape = {"file": str(path), "content_hash": wanted.content_hash(), "gained": result.gained, "lost": result.lost}
        typer.echo(json.dumps(shape | asdict(result), indent=2))
        return
    print_backtest(result)
    print_changes(result, rows)


@app.command()
def rollback(
    version: Annotated[str, typer.Argument(help="Version to publish again: its name, its number, or previous.")],
    effective_from: EffectiveFrom = "now",
    comment: Comment = "",
    author: Author = "",
) -> None:
    """Publish the content of an earlier version again."""
    chosen = find(stored(_endpoints()), version)
    _publish(chosen.thresholds, effective_from, comment or f"back to {chosen.version}", author)


def _publish(
    wanted: Thresholds, effective_from: str, comment: str, author: str, *, with_backtest: bool = True, dry_run: bool = False
) -> None:
    """Shows and publishes; everything that can be refused is refused before anything is written."""
    endpoints, now_ms = _clickhouse() if dry_run else _endpoints(), wall_clock_ms()
    effective_from_ms = parse_time_ms(effective_from, now_ms, "--effective-from")
    if not dry_run:
        # What an earlier call left half-published counts.
        for line in sync(endpoints):
            typer.echo(line)
    moment = None if effective_from == "now" else effective_from_ms
    proposal = propose(stored(endpoints), wanted, moment, author, comment, now_ms=now_ms)
    if proposal.already:
        typer.echo(proposal.already)
        return
    print_difference(proposal.changes, proposal.base.version, "new")
    if with_backtest:
        result = backtest(endpoints.clickhouse_url, wanted, listed=_APPLY_LISTED)
        print_backtest(result)
        print_changes(result, _APPLY_LISTED)
    if note := judged_note(endpoints, effective_from_ms):
        typer.echo(f"note: {note}")
    if dry_run:
        typer.echo("dry run: nothing is published")
        return
    version = carry_out(endpoints, proposal)
    typer.echo(f"published {version.version}, in force from {iso(version.effective_from_ms)}; running jobs use it within 10 s")


def _clickhouse() -> Endpoints:
    return Endpoints.from_env().require("CLICKHOUSE_URL")


def _endpoints() -> Endpoints:
    return Endpoints.from_env().require(*NEEDED)
