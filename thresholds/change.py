"""From a wish to a published version: the one way that the command line and the dashboard's editor take."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from thresholds.backtest import judged_since
from thresholds.difference import Change, difference
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.publish import publish
from thresholds.versions import VersionError, follow, iso, newest


@dataclass(frozen=True)
class Proposal:
    """Thresholds that may be published after `base`, the newest version there is, and what differs.

    `effective_from_ms` None means the moment of publishing. `already` says why there is nothing to publish; empty when there is.
    """

    wanted: Thresholds
    base: ThresholdVersion
    effective_from_ms: int | None
    author: str
    comment: str
    changes: tuple[Change, ...]
    already: str = ""


def propose(
    known: Sequence[ThresholdVersion],
    wanted: Thresholds,
    effective_from_ms: int | None,
    author: str,
    comment: str,
    *,
    now_ms: int,
) -> Proposal:
    """Raises VersionError when there is no version to follow, or `wanted` may not follow. Writes nothing.

    Whether `wanted` takes something back is another question: `thresholds.merging`.
    """
    last = newest(known)
    if last is None:
        raise VersionError(
            "no version of the thresholds is published yet", "`tokpulse up` or `tokpulse init` publishes the first one"
        )
    from_ms = now_ms if effective_from_ms is None else effective_from_ms
    already = ""
    if last.content_hash == wanted.content_hash() and last.effective_from_ms <= max(now_ms, from_ms):
        when = "in force since" if last.effective_from_ms <= now_ms else "published, in force from"
        already = f"already {when} {iso(last.effective_from_ms)} as {last.version}: nothing to publish"
    else:
        follow(known, wanted, from_ms, now_ms, author, comment)
    return Proposal(wanted, last, effective_from_ms, author, comment, tuple(difference(last.thresholds, wanted)), already)


def judged_note(endpoints: Endpoints, effective_from_ms: int) -> str:
    """What a change comes too late for, in a sentence; empty when nothing is judged yet from then on."""
    held = judged_since(endpoints.clickhouse_url, effective_from_ms)
    if not held:
        return ""
    return (
        f"{held:,} post-hours that end at {iso(effective_from_ms)} or later already have a verdict and keep it;"
        " a replay would use the new version for them"
    )


def carry_out(endpoints: Endpoints, proposal: Proposal) -> ThresholdVersion:
    """Publishes what was proposed. Raises StaleBaseError when somebody has published since, and what publish raises."""
    # A backtest may have taken a while: windows that ended meanwhile may be judged already, so now is now.
    from_ms = wall_clock_ms() if proposal.effective_from_ms is None else proposal.effective_from_ms
    author = proposal.author or user()
    return publish(endpoints, proposal.wanted, from_ms, author, proposal.comment, base=proposal.base.version)


def user() -> str:
    """Who runs this program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
