"""What `tokpulse thresholds` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from connectors.console import table_console
from connectors.terminal import say
from thresholds.backtest import Backtest
from thresholds.difference import Change, number
from thresholds.merging import OverwriteError, mark
from thresholds.model import ThresholdVersion
from thresholds.text import to_yaml
from thresholds.versions import iso, to_record


def print_difference(changes: Sequence[Change], old: str, new: str) -> None:
    """A line per key that differs."""
    if not changes:
        say(f"no difference between {old} and {new}")
        return
    table = _table("key", right=(f"{old}", f"{new}"))
    for change in changes:
        table.add_row(change.key, change.old, change.new)
    table_console().print(table)


def print_three_way(error: OverwriteError, file: str) -> None:
    """A line per key that is not alike in all three, with what the file would take back."""
    table = _table("key", right=(f"{error.base} (its base)", f"{error.newest} (newest)", file, ""))
    for row in error.keys:
        verdict = "taken back" if row.lost else "changed" if row.newest == row.base else "taken over"
        table.add_row(row.key, row.base, row.newest, row.file, verdict)
    table_console().print(table)


def print_backtest(result: Backtest) -> None:
    """Exact totals per tier and per follower rule."""
    kinds = (("trending", result.trending), ("momentum", result.momentum), ("followers", result.followers))
    groups = [(kind, total) for kind, totals in kinds for total in totals]
    if not any(total.judged for _, total in groups):
        say("backtest: ClickHouse holds no rows of that time")
        return
    table = _table("backtest", "tier or rule", right=("evaluated", "alerts as stored", "alerts by the file", "gained", "lost"))
    for kind, total in groups:
        counts = (total.judged, total.alerts_stored, total.alerts_new)
        table.add_row(kind, total.group, *(f"{count:,}" for count in counts), f"+{total.gained:,}", f"-{total.lost:,}")
    table_console().print(table)


def print_changes(result: Backtest, limit: int) -> None:
    """The newest alerts that come or go, `limit` of each kind."""
    lines = [
        f"{'+' if change.gained else '-'} trending  {iso(change.window_end_ms)}  post {change.aweme_id}"
        f"  {number(round(change.delta_plays_per_hour, 1))} plays/h"
        f"  {change.old_tier} {number(change.old_threshold)} -> {change.new_tier} {number(change.new_threshold)}"
        for change in result.trending_changes[:limit]
    ]
    lines += [
        f"{'+' if change.gained else '-'} momentum  {iso(change.observed_at_ms)}  post {change.aweme_id}"
        f"  {number(round(change.plays_per_hour, 1))} plays/h"
        f"  {change.tier}{'' if change.threshold is None else f' {number(change.threshold)}'}"
        for change in result.momentum_changes[:limit]
    ]
    lines += [
        f"{'+' if change.gained else '-'} followers {iso(change.t_now_ms)}  user {change.userid}"
        f"  +{change.gained_followers:,} within {change.within_hours} h"
        for change in result.follower_changes[:limit]
    ]
    for line in lines:
        say(line)
    listed, changed = len(lines), result.gained + result.lost
    if listed and changed > listed:
        say(f"  ({listed} of {changed:,} changes, the newest; `tokpulse thresholds backtest --rows N` lists more)")


def print_history(versions: Sequence[ThresholdVersion], in_force: str) -> None:
    """A line per version, oldest first; a star marks the one in force."""
    if not versions:
        say("no version of the thresholds is published yet")
        return
    table = _table("version", "in force from (UTC)", "published (UTC)", "author", "comment")
    for version in versions:
        mark = " *" if version.version == in_force else ""
        times = (iso(version.effective_from_ms), iso(version.published_at_ms))
        table.add_row(version.version + mark, *times, version.author, version.comment)
    table_console().print(table)


def print_version(version: ThresholdVersion) -> None:
    """The version as a file, its history in comments: it can be saved as thresholds.yaml."""
    said = " ".join(version.comment.split())
    say(mark(version))
    say(f"# published {iso(version.published_at_ms)} by {' '.join(version.author.split())}{': ' + said if said else ''}")
    say(to_yaml(version.thresholds), end="")


def version_values(version: ThresholdVersion) -> dict[str, Any]:
    """What `--json` prints of a version: the columns of threshold_versions, times in ISO 8601, the content as `thresholds`."""
    values = to_record(version)
    thresholds = json.loads(values.pop("content"))
    times = {"effective_from": iso(version.effective_from_ms), "published_at": iso(version.published_at_ms)}
    return values | times | {"thresholds": thresholds}


def _table(*left: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in left:
        table.add_column(title, overflow="fold")
    for title in right:
        table.add_column(title, justify="right", overflow="fold")
    return table
