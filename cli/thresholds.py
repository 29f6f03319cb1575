"""`tokpulse thresholds`: the file that people edit, and its published versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.progress import Waiting
from cli.thresholds_view import (
    print_backtest,
    print_changes,
    print_difference,
    print_history,
    print_three_way,
    print_version,
    version_values,
)
from cli.times import parse_time_ms
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.terminal import say
from thresholds.backtest import FROM_MS, LISTED, TO_MS, backtest
from thresholds.change import carry_out, judged_note, propose
from thresholds.difference import difference
from thresholds.file import default_file, file_text, load_thresholds, parse_thresholds, save_text
from thresholds.merging import OverwriteError, made_from, marked, refuse_overwrite
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.publish import NEEDED, stored, sync
from thresholds.versions import current, find, iso

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Check, compare, publish and roll back thresholds.\n\nSee docs/thresholds.md.",
)

File = Annotated[
    Path | None, typer.Argument(help="File of thresholds.  [default: thresholds.yaml of this directory, else the project's]")
]
EffectiveFrom = Annotated[str, typer.Option(help="When it takes effect: ISO 8601, Unix ms, now, or -26h.")]
Comment = Annotated[str, typer.Option(help="Reason for the change; kept with the version.")]
Author = Annotated[str, typer.Option(help="Name of who publishes it.  [default: your user name]")]
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
    say(f"{path}: valid, {len(thresholds.tiers)} tier(s), {rules} follower rule(s), content {thresholds.content_hash()[:8]}")


@app.command()
def apply(
    file: File = None,
    effective_from: EffectiveFrom = "now",
    comment: Comment = "",
    author: Author = "",
    no_backtest: Annotated[bool, typer.Option("--no-backtest", help="Do not compute which alerts would have changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be published; publish nothing.")] = False,
    over: Annotated[str, typer.Option(help="Newest version, whose changes the file may take back: its name or number.")] = "",
) -> None:
    """Check a file and publish it as a new version.

    It first shows what the file changes. Running jobs use the version within 10 seconds. A file that takes back what was published
    after the version it was made from is refused without --over.
    """
    path = file or default_file()
    text = file_text(path)
    wanted = parse_thresholds(text, path)

    def refuse(known: Sequence[ThresholdVersion]) -> None:
        try:
            refuse_overwrite(known, wanted, made_from(text, wanted, known), over)
        except OverwriteError as error:
            print_three_way(error, str(path))
            raise

    version = _publish(wanted, effective_from, comment, author, refuse, with_backtest=not no_backtest, dry_run=dry_run)
    if version is not None and (renamed := marked(text, version)) != text:
        say(save_text(path, renamed))


@app.command()
def show(
    version: Annotated[
        str, typer.Argument(help="Version: its name, its number, or previous.  [default: the version in force]")
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
            say(json.dumps([version_values(version) for version in known], indent=2))
        else:
            in_force = current(known, now_ms).version if known else ""
            print_history(known, in_force)
        return
    chosen = find(known, version) if version else current(known, now_ms)
    if as_json:
        say(json.dumps(version_values(chosen), indent=2))
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
    begin: Annotated[str, typer.Option("--from", help="Evaluate what ends at this time or later.  [default: everything]")] = "",
    end: Annotated[str, typer.Option("--to", help="Evaluate what ends before this time.  [default: everything]")] = "",
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
    with Waiting("judging again what is stored"):
        result = backtest(_clickhouse().clickhouse_url, wanted, from_ms, to_ms, rows)
    if as_json:
        shape = {"file": str(path), "content_hash": wanted.content_hash(), "gained": result.gained, "lost": result.lost}
        say(json.dumps(shape | asdict(result), indent=2))
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
    wanted: Thresholds,
    effective_from: str,
    comment: str,
    author: str,
    refuse: Callable[[Sequence[ThresholdVersion]], None] = lambda known: None,
    *,
    with_backtest: bool = True,
    dry_run: bool = False,
) -> ThresholdVersion | None:
    """Shows and publishes; everything that can be refused is refused before anything is written, also by `refuse`.

    The version that now has the content; None after a dry run.
    """
    endpoints, now_ms = _clickhouse() if dry_run else _endpoints(), wall_clock_ms()
    effective_from_ms = parse_time_ms(effective_from, now_ms, "--effective-from")
    if not dry_run:
        # What an earlier call left half-published counts.
        for line in sync(endpoints):
            say(line)
    moment = None if effective_from == "now" else effective_from_ms
    known = stored(endpoints)
    proposal = propose(known, wanted, moment, author, comment, now_ms=now_ms)
    if proposal.already:
        say(proposal.already)
        return None if dry_run else proposal.base
    refuse(known)
    print_difference(proposal.changes, proposal.base.version, "new")
    if with_backtest:
        with Waiting("judging again what is stored"):
            result = backtest(endpoints.clickhouse_url, wanted, listed=_APPLY_LISTED)
        print_backtest(result)
        print_changes(result, _APPLY_LISTED)
    if note := judged_note(endpoints, effective_from_ms):
        say(f"note: {note}")
    if dry_run:
        say("dry run: nothing is published")
        return None
    with Waiting("publishing"):
        version = carry_out(endpoints, proposal)
    say(f"published {version.version}, in force from {iso(version.effective_from_ms)}; running jobs use it within 10 s")
    return version


def _clickhouse() -> Endpoints:
    return Endpoints.from_env().require("CLICKHOUSE_URL")


def _endpoints() -> Endpoints:
    return Endpoints.from_env().require(*NEEDED)
