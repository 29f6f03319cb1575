"""What `tokpulse evaluate` shows: tables for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from connectors.clock import MINUTE_MS
from simulator.evaluation import FLAT_PLAYS_PER_HOUR, Evaluation, Tally
from simulator.lead_time import Measures, quantile
from simulator.proposal import IN_TIME_MS, Proposal
from thresholds.model import UNKNOWN_TIER, Thresholds

_LEAD_HEADINGS = ("onset p50", "p90", "proof p50", "p90")
# A threshold whose recall or precision is further below that of the hourly verdict is no choice.
_SHOWN_BELOW = 0.1


def as_data(
    evaluation: Evaluation, hourly: Mapping[str, Measures], momentum: Mapping[str, Measures], proposals: Mapping[str, Proposal]
) -> dict[str, Any]:
    """`{thresholds, flat, unseen, lead_time: {hourly, momentum}, proposals}` for JSON, by tier; what is not defined is null."""
    return {
        "thresholds": {tier: _tallied(tally) for tier, tally in evaluation.shipped.items()},
        "flat": {tier: _tallied(tally) for tier, tally in evaluation.flat.items()},
        "unseen": evaluation.unseen,
        "lead_time": {
            "hourly": {tier: _measured(measures) for tier, measures in hourly.items()},
            "momentum": {tier: _measured(measures) for tier, measures in momentum.items()},
        },
        "proposals": {
            tier: {
                "plays_per_hour": None if proposal.chosen is None else proposal.chosen.plays_per_hour,
                "hourly": _measured(proposal.hourly),
                "curve": [{"plays_per_hour": point.plays_per_hour} | _measured(point.measures) for point in proposal.curve],
            }
            for tier, proposal in proposals.items()
        },
    }


def hour_table(evaluation: Evaluation, thresholds: Thresholds) -> Table:
    """Post-hours: a line per tier for the thresholds, and one for the flat value."""
    values = {tier.name: tier.plays_per_hour for tier in thresholds.tiers} | {UNKNOWN_TIER: thresholds.unknown_authors}
    table = _table("Trending post-hours against simulated labels", "tier")
    for heading in ("plays per hour", "post-hours", "viral", "TP", "FP", "FN", "recall", "precision", "F1"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tier, by_tier in evaluation.shipped.items():
        flat = evaluation.flat[tier]
        table.add_row(tier, f"{values[tier]:,.0f}" if tier in values else "by tier", *_tally_cells(by_tier))
        table.add_row("", f"flat {FLAT_PLAYS_PER_HOUR:,.0f}", *_tally_cells(flat))
    return table


def lead_table(hourly: Mapping[str, Measures], momentum: Mapping[str, Measures], thresholds: Thresholds) -> Table:
    """Alerts on viral posts: a line per tier and verdict, with minutes to the first right alert."""
    values = {tier.name: tier.plays_per_hour for tier in thresholds.tiers} | {UNKNOWN_TIER: thresholds.unknown_authors}
    rates = dict(thresholds.momentum.plays_per_hour) if thresholds.momentum else {}
    table = _table("Alerts on viral posts against simulated labels", "tier", "verdict")
    headings = ("plays per hour", "viral", "found", "recall", "alerts", "precision", "misplaced", "per day", *_LEAD_HEADINGS)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for tier, by_hour in hourly.items():
        table.add_row(tier, "hourly", _rate(values.get(tier)), *_measure_cells(by_hour))
        if tier in momentum:
            table.add_row("", "momentum", _rate(rates.get(tier)), *_measure_cells(momentum[tier]))
    return table


def curve_table(proposals: Mapping[str, Proposal], thresholds: Thresholds) -> Table:
    """Per tier the hourly verdict, then the thresholds of momentum that are about as good, from low to high; one is proposed."""
    rates = dict(thresholds.momentum.plays_per_hour) if thresholds.momentum else {}
    table = _table("Thresholds of momentum on tuning seeds", "tier", "")
    for heading in ("plays per hour", "recall", "precision", "F1", "per day", "in time", *_LEAD_HEADINGS[2:]):
        table.add_column(heading, justify="right", no_wrap=True)
    for tier, proposal in proposals.items():
        table.add_row(tier, "hourly", "", *_curve_cells(proposal.hourly))
        for point in proposal.curve:
            marks = (("proposed", point is proposal.chosen), ("in the file", point.plays_per_hour == rates.get(tier)))
            if any(applies for _, applies in marks) or _is_near(point.measures, proposal.hourly):
                mark = ", ".join(word for word, applies in marks if applies)
                table.add_row("", mark, _rate(point.plays_per_hour), *_curve_cells(point.measures))
    return table


def _is_near(measures: Measures, hourly: Measures) -> bool:
    pairs = ((measures.recall, hourly.recall), (measures.precision, hourly.precision))
    return all((ours or 0) >= (theirs or 0) - _SHOWN_BELOW for ours, theirs in pairs)


def _table(title: str, *left: str) -> Table:
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for heading in left:
        table.add_column(heading, no_wrap=True)
    return table


def _tallied(tally: Tally) -> dict[str, float | int | None]:
    return {
        "hours": tally.hours,
        "true_positives": tally.true_positives,
        "false_positives": tally.false_positives,
        "false_negatives": tally.false_negatives,
        "recall": tally.recall,
        "precision": tally.precision,
        "f1": tally.f1,
    }


def _measured(measures: Measures) -> dict[str, float | int | None]:
    return {
        "viral_posts": measures.rises,
        "found": measures.found,
        "recall": measures.recall,
        "alerts": measures.alerts,
        "right": measures.right,
        "misplaced": measures.misplaced,
        "precision": measures.precision,
        "f1": measures.f1,
        "alerts_per_day": measures.alerts_per_day,
        "in_time": measures.in_time(IN_TIME_MS),
        "after_onset_p50_ms": quantile(measures.after_onset, 0.5),
        "after_onset_p90_ms": quantile(measures.after_onset, 0.9),
        "after_proof_p50_ms": quantile(measures.after_proof, 0.5),
        "after_proof_p90_ms": quantile(measures.after_proof, 0.9),
    }


def _tally_cells(tally: Tally) -> list[str]:
    counts = (tally.hours, tally.true_positives + tally.false_negatives)
    kinds = (tally.true_positives, tally.false_positives, tally.false_negatives)
    return [f"{count:,}" for count in (*counts, *kinds)] + [_ratio(ratio) for ratio in (tally.recall, tally.precision, tally.f1)]


def _measure_cells(measures: Measures) -> list[str]:
    return [
        f"{measures.rises:,}",
        f"{measures.found:,}",
        _ratio(measures.recall),
        f"{measures.alerts:,}",
        _ratio(measures.precision),
        f"{measures.misplaced:,}",
        f"{measures.alerts_per_day:,.1f}",
        *_minutes(measures.after_onset),
        *_minutes(measures.after_proof),
    ]


def _curve_cells(measures: Measures) -> list[str]:
    ratios = (measures.recall, measures.precision, measures.f1)
    in_time = f"{measures.in_time(IN_TIME_MS):.3f}"
    return [*map(_ratio, ratios), f"{measures.alerts_per_day:,.1f}", in_time, *_minutes(measures.after_proof)]


def _minutes(rising: tuple[int, ...]) -> list[str]:
    found = (quantile(rising, share) for share in (0.5, 0.9))
    return ["-" if ms is None else f"{ms / MINUTE_MS:.1f}" for ms in found]


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3f}"


def _rate(plays_per_hour: float | None) -> str:
    return "by tier" if plays_per_hour is None else f"{plays_per_hour:,.0f}"
