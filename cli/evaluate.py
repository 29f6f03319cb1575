"""`tokpulse evaluate`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.evaluate_view import as_data, curve_table, hour_table, lead_table
from cli.progress import RecordProgress
from connectors.console import table_console
from connectors.errors import TokpulseError
from connectors.terminal import say
from simulator.evaluation import evaluate, tier_names
from simulator.lead_time import by_tier
from simulator.proposal import TUNING, judging_seeds, propose, tuning_seeds
from simulator.settings import DEFAULT_VIRAL_FLOOR, POSTS, USERS, SimulationSettings
from simulator.watched import Watched, watch
from thresholds.file import default_file, load_thresholds
from thresholds.model import Thresholds

_DEFAULT_SEEDS = 6


class UsageError(TokpulseError):
    """Options that do not go together."""


def command(
    file: Annotated[Path | None, typer.Option(help="File of thresholds.  [default: thresholds.yaml]")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed of a simulation; repeat for more.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Number of simulations, with seeds from 201 on.  [default: 6]")] = None,
    hours: Annotated[int, typer.Option(min=2, help="Simulated hours.")] = 26,
    posts: Annotated[int, typer.Option(min=1, help="Number of posts per seed.")] = 400,
    creators: Annotated[int, typer.Option(min=1, help="Number of creators per seed.")] = 100,
    unknown_authors: Annotated[float, typer.Option(min=0, max=1, help="Share of creators without follower counts.")] = 0.1,
    viral_floor: Annotated[
        int, typer.Option(min=0, help="Plays of a viral post, in addition to 5 to 40 per follower of its author.")
    ] = DEFAULT_VIRAL_FLOOR,
    propose_thresholds: Annotated[
        bool, typer.Option("--propose", help="Propose thresholds of momentum, by as many other simulations.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure how right and how early the thresholds are.

    It uses simulated labels. The first table judges post-hours, per tier, compared with 100,000 plays per hour for everybody. The
    second one judges the alerts on viral posts, of the hourly verdict and of momentum, and says how early they come. No running
    stack is needed. docs/trending.md and docs/lead-time.md explain the labels and their limits.
    """
    if seed and seeds:
        raise UsageError("--seed and --seeds: give one of them")
    thresholds = load_thresholds(file or default_file())
    if propose_thresholds and thresholds.momentum is None:
        raise UsageError("the file has no section momentum", "--propose takes least_observations and quiet_hours from there")
    judged = tuple(dict.fromkeys(seed or judging_seeds(seeds or _DEFAULT_SEEDS)))
    settings = SimulationSettings(
        hours=hours,
        posts=posts,
        creators=creators,
        audience=1,
        topics=(POSTS, USERS),
        unknown_authors=unknown_authors,
        viral_floor=viral_floor,
    )
    universes = _watch(settings, judged, thresholds, "judge")
    evaluation = evaluate(universes, thresholds)
    tiers = tier_names(thresholds)
    hourly = by_tier(((one.rises, one.hourly, one.days) for one in universes), tiers)
    momentum = by_tier(((one.rises, one.momentum, one.days) for one in universes), tiers) if thresholds.momentum else {}
    proposals = {}
    if propose_thresholds and thresholds.momentum is not None:
        tuned = _watch(settings, tuning_seeds(len(judged), judged), thresholds, "tune")
        proposals = propose(tuned, tiers[:-1], thresholds.momentum)
    if as_json:
        say(json.dumps(as_data(evaluation, hourly, momentum, proposals), indent=2))
        return
    console = table_console()
    console.print(hour_table(evaluation, thresholds))
    why = "the first hour in which a post was observed, or one in which it was not"
    console.print(f"{evaluation.unseen:,} viral hours have no row: {why}.\n", soft_wrap=True)
    console.print(lead_table(hourly, momentum, thresholds))
    unproven = sum(rise.proof_ms is None for one in universes for rise in one.rises.values())
    console.print(f"Minutes. Viral posts in no line, because no observations prove that they rose: {unproven:,}.", soft_wrap=True)
    if proposals:
        console.print()
        console.print(curve_table(proposals, thresholds))
    if known := sorted(set(judged) & set(TUNING)):
        console.print(f"Thresholds may have been chosen by seed {', '.join(map(str, known))}: do not judge by it.", soft_wrap=True)


def _watch(settings: SimulationSettings, seeds: Iterable[int], thresholds: Thresholds, what: str) -> list[Watched]:
    wanted = list(seeds)
    universes: list[Watched] = []
    records = 0
    with RecordProgress(what) as progress:
        for seed in wanted:
            universes.append(watch(replace(settings, seed=seed), thresholds))
            records += universes[-1].observations
            progress(records, len(universes) / len(wanted))
    return universes
