"""Variants of the product that are broken on purpose: patched copies that really run, and that the audit must catch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import report
from .patched import NO_CHECKPOINTS, Patch
from .trial import session

# A fault may come when nothing is under way that it could break.
_ATTEMPTS = 3
_RECOVERY_S = 60.0


@dataclass(frozen=True)
class Variant:
    """`kind` is the fault that shows it, in the table or topic `where`."""

    name: str
    patches: tuple[Patch, ...]
    kind: str
    where: str


VARIANTS = (
    Variant(
        "deltas are written at least once",
        (("sql/40_sinks/followers_deltas_topic.sql", "'exactly-once'", "'at-least-once'"),),
        "kill-taskmanager",
        "tiktok.followers.deltas",
    ),
    Variant(
        "the position moves on without the rows",
        # After a failure the job then begins where the topics end.
        (NO_CHECKPOINTS, ("jobs/build.py", '"STARTUP_MODE": "earliest-offset"', '"STARTUP_MODE": "latest-offset"')),
        "kill-taskmanager",
        "post_observations",
    ),
    Variant(
        "rows have no key",
        (
            ("sql/clickhouse/tables/0007_post_observations_log.sql", "ENGINE = AggregatingMergeTree", "ENGINE = MergeTree"),
            ("sql/clickhouse/views/post_observations.sql", "FROM post_observations_log FINAL", "FROM post_observations_log"),
        ),
        "kill-taskmanager",
        "post_observations",
    ),
)


def run_all(say: Callable[[str], None], seed: int, part: str = "") -> int:
    """Runs every variant with `part` in its name until it is caught; how many were not."""
    missed = 0
    for variant in VARIANTS:
        if part not in variant.name:
            continue
        by = tried(variant, seed, say)
        missed += not by
        how = f"{', '.join(name for name, _, _ in variant.patches)} patched; `{variant.kind}`"
        report.add_controls([{"name": variant.name, "how": how, "caught": bool(by), "by": by}])
        say(f"{variant.name}: {f'caught: {by[:300]}' if by else 'NOT CAUGHT'}")
    return missed


def tried(variant: Variant, seed: int, say: Callable[[str], None]) -> str:
    """What the audit finds wrong, "" when it finds nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="tokpulse-broken-") as name,
        session(Path(name), seed, _ATTEMPTS, variant.patches) as each,
    ):
        each.recovery_s, each.has_checkpoints = _RECOVERY_S, NO_CHECKPOINTS not in variant.patches
        for _ in range(_ATTEMPTS):
            found = each.run(variant.kind)
            say(f"{variant.name}: {found.proof}: {found.findings or 'clean'}"[:600])
            if said := next((line for line in found.findings if line.startswith(f"{variant.where}: ")), ""):
                return said
    return ""
