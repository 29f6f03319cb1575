"""What `tokpulse watch` shows: entries with whom they lead to, and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from connectors.console import table_console
from connectors.terminal import say
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Subject
from polling.schedule.feed_state import unpolled
from polling.watching.editing import Place
from polling.watching.entries import is_handle
from polling.watching.estimate import Credits, Estimate, per_entry
from polling.watching.handles import HandleState, KeptHandle, told
from polling.watchlist import Watchlist


def listed_data(places: Sequence[Place], handles: Mapping[str, KeptHandle]) -> list[dict[str, Any]]:
    """The entries for JSON; those of handles have their state, and the id that is polled."""
    rows = []
    for place in places:
        row: dict[str, Any] = {"kind": place.named.subject.value, "entry": place.named.id, "tier": place.tier, "line": place.line}
        if is_handle(place.named.id):
            kept = handles.get(place.named.id)
            row |= {"userid": kept.userid if kept else "", "state": kept.state.value if kept else HandleState.WAITING.value}
        rows.append(row)
    return rows


def listed_table(places: Sequence[Place], handles: Mapping[str, KeptHandle]) -> Table:
    """The entries as a table."""
    table = Table("kind", "entry", "tier", "line", "account", box=None, pad_edge=False)
    table.columns[3].justify = "right"
    for column in table.columns:
        column.overflow = "fold"
    for place in places:
        account = ""
        if is_handle(place.named.id):
            kept = handles.get(place.named.id)
            account = "not looked up yet" if kept is None else told(place.named.id, kept).partition(": ")[2]
        table.add_row(place.named.subject.value, place.named.id, place.tier, str(place.line), account)
    return table


def verdict(watchlist: Watchlist, found: Estimate, budget: int) -> dict[str, Any]:
    """An estimate for JSON, and how many more entries would fit into a budget."""
    return {
        "credits_per_day": budget,
        "lines": [asdict(line) for line in found.lines],
        "total": asdict(found.total),
        "fits": _fits(found.total, budget),
        "room": _room(watchlist, found, budget),
    }


def print_estimate(watchlist: Watchlist, found: Estimate, budget: int) -> None:
    """An estimate as a table, and what fits."""
    say(f"{found.upstream}: credits per day, one for each request")
    table = Table("feed", "tier", "entries", "asleep", "moving", "most", box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for line in found.lines:
        table.add_row(line.feed, line.tier, f"{line.entries:,}", *_numbers(line.credits))
    table.add_row("total", "", "", *_numbers(found.total))
    table_console().print(table)
    for note in unpolled(watchlist, found.upstream, UPSTREAMS[found.upstream].feeds.__contains__):
        say(f"note: {note}")
    say(f"budget of {budget:,} credits per day: {_FITS[_fits(found.total, budget)]}")
    for kind, tiers in _room(watchlist, found, budget).items():
        if tiers:
            say(f"room for more {kind}s, moving: {' or '.join(f'{number:,} {tier}' for tier, number in tiers.items())}")
    say()


def print_meaning() -> None:
    """What the columns are, and what is in none."""
    say("asleep: nothing changes any more. moving: one change in each round, on one page. most: all pages all the time.")
    say("Not in it: repeated requests, and what pages make known, like replies to comments; the budget bounds them, too.")


_FITS = {
    "most": "enough even for the most",
    "moving": "enough while things move a little; above that, what moves most is polled first",
    "asleep": "too little for things that move: what moves most is polled first, the rest late",
    "never": "too little: even without any change not everything is polled in time",
}


def _fits(total: Credits, budget: int) -> str:
    if budget >= total.most:
        return "most"
    return "moving" if budget >= total.moving else "asleep" if budget >= total.asleep else "never"


def _room(watchlist: Watchlist, found: Estimate, budget: int) -> dict[str, dict[str, int]]:
    """How many more entries of each kind the credits that are left would do for, by tier, while things move a little."""
    left = max(0.0, budget - found.total.moving)
    room: dict[str, dict[str, int]] = {}
    for subject in Subject:
        costs = per_entry(watchlist, UPSTREAMS[found.upstream], subject)
        room[subject.value] = {tier: int(left // cost.moving) for tier, cost in costs.items() if cost.moving}
    return room


def _numbers(credits: Credits) -> list[str]:
    return [f"{number:,.1f}" if number < 10 else f"{number:,.0f}" for number in (credits.asleep, credits.moving, credits.most)]
