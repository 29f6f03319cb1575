"""A copy of the project in which something is patched, and whose services and jobs run as those of any checkout."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from connectors.paths import REPOSITORY

from .cluster import VIA

_LEFT_OUT = (".git", ".build", ".venv", ".stack", ".hypothesis", "__pycache__", "screenshots", ".*_cache")

Patch = tuple[str, str, str]
"""File, what is there once, and what takes its place."""
# Whoever asks where ClickHouse is, is told of the proxy before it.
PROXIED: Patch = (
    "stack/clickhouse_server.py",
    "@{HOST}:{settings.ports['clickhouse']}/",
    f"@{{HOST}}:{{__import__('os').environ['{VIA}']}}/",
)
# Two checkpoints are a few seconds: a trial waits for as many. Faults come faster here than in any night, and each shall find the
# job as if it were the first.
QUICK: tuple[Patch, ...] = (
    ("flink-conf.yaml", "execution.checkpointing.interval: 10 s", "execution.checkpointing.interval: 2 s"),
    ("flink-conf.yaml", "execution.checkpointing.min-pause: 10 s", "execution.checkpointing.min-pause: 0 s"),
    ("flink-conf.yaml", "reset-backoff-threshold: 5 min", "reset-backoff-threshold: 15 s"),
)
# Behind QUICK: none within a trial.
NO_CHECKPOINTS: Patch = ("flink-conf.yaml", "execution.checkpointing.interval: 2 s", "execution.checkpointing.interval: 1 d")


def patched_copy(folder: Path, patches: Sequence[Patch]) -> Path:
    """Makes it in `folder`, which must be absent. Raises AssertionError for a patch that does not fit."""
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (folder / ".build").symlink_to((REPOSITORY / ".build").resolve())
    for name, there, instead in patches:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(there) == 1, f"{name} has {text.count(there)} times {there!r}"
        (folder / name).write_text(text.replace(there, instead), encoding="utf-8")
    return folder
