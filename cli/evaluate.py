"""`tokpulse evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from connectors.console import table_console
from connectors.terminal import say
from simulator.evaluation import FLAT_PLAYS_PER_HOUR, Evaluation, Tally, evaluate
from simulator.settings import DEFAULT_VIRAL_FLOOR, POSTS, USERS, SimulationSettings
from thresholds.file import default_file, load_thresholds
from thresholds.model import UNKNOWN_TIER, Thresholds

# The thresholds were chosen on seeds 101 to 106: these are others.
HELD_OUT_SEEDS = (201, 202, 203, 204, 205, 206)


def command(
    file: Annotated[Path | None, typer.Option(help="File of thresholds.  [default: thresholds.yaml]")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed of a simulation; repeat for more.  [default: 201 to 206]")] = None,
    hours: Annotated[int, typer.Option(min=2, help="Simulated hours.")] = 26,
    posts: Annotated[int, typer.Option(min=1, help="Number of posts per seed.")] = 400,
    creators: Annotated[int, typer.Option(min=1, help="Number of creators per seed.")] = 100,
    unknown_authors: Annotated[float, typer.Option(min=0, max=1, help="Share of creators without follower counts.")] = 0.1,
    viral_floor: Annotated[
        int, typer.Option(min=0, help="Plays of a viral post, in addition to 5 to 40 per follower of its author.")
    ] = DEFAULT_VIRAL_FLOOR,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure recall and precision of the thresholds.

    It uses simulated labels. The result is per tier, compared with 100,000 plays per hour for everybody. No running stack is
    needed. docs/trending.md explains the labels and their limits.
    """
    thresholds = load_thresholds(file or default_file())
    universes = [
        SimulationSettings(
            seed=number,
            hours=hours,
            posts=posts,
            creators=creators,
            audience=1,
            topics=(POSTS, USERS),
            unknown_authors=unknown_authors,
            viral_floor=viral_floor,
        )
        for number in dict.fromkeys(seed or HELD_OUT_SEEDS)
    ]
    evaluation = evaluate(universes, thresholds)
    if as_json:
        say(json.dumps(as_data(evaluation), indent=2))
        return
    console = table_console()
    console.print(table_of(evaluation, thresholds))
    why = "the first hour in which a post was observed, or one in which it was not"
    console.print(f"{evaluation.unseen:,} viral hours have no row: {why}.", soft_wrap=True)


def as_data(evaluation: Evaluation) -> dict[str, Any]:
    """`{thresholds: {tier: measures}, flat: {tier: measures}, unseen}` for JSON; a measure that is not defined is null."""
    return {
        "thresholds": {tier: _measures(tally) for tier, tally in evaluation.shipped.items()},
        "flat": {tier: _measures(tally) for tier, tally in evaluation.flat.items()},
        "unseen": evaluation.unseen,
    }


def _measures(tally: Tally) -> dict[str, float | int | None]:
    return {
        "hours": tally.hours,
        "true_positives": tally.true_positives,
        "false_positives": tally.false_positives,
        "false_negatives": tally.false_negatives,
        "recall": tally.recall,
        "precision": tally.precision,
        "f1": tally.f1,
    }


def table_of(evaluation: Evaluation, thresholds: Thresholds) -> Table:
    """A line per tier for the thresholds, and one for the flat value."""
    values = {tier.name: tier.plays_per_hour for tier in thresholds.tiers} | {UNKNOWN_TIER: thresholds.unknown_authors}
    title = "Trending post-hours against simulated labels"
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    table.add_column("tier", no_wrap=True)
    for heading in ("plays per hour", "post-hours", "viral", "TP", "FP", "FN", "recall", "precision", "F1"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tier, by_tier in evaluation.shipped.items():
        flat = evaluation.flat[tier]
        table.add_row(tier, f"{values[tier]:,.0f}" if tier in values else "by tier", *_cells(by_tier))
        table.add_row("", f"flat {FLAT_PLAYS_PER_HOUR:,.0f}", *_cells(flat))
    return table


def _cells(tally: Tally) -> list[str]:
    counts = (tally.hours, tally.true_positives + tally.false_negatives)
    kinds = (tally.true_positives, tally.false_positives, tally.false_negatives)
    ratios = (tally.recall, tally.precision, tally.f1)
    return [f"{count:,}" for count in (*counts, *kinds)] + ["-" if ratio is None else f"{ratio:.3f}" for ratio in ratios]
