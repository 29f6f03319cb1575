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


def patched_copy(folder: Path, patches: Sequence[Patch]) -> Path:
    """Makes it in `folder`, which must be absent. Raises AssertionError for a patch that does not fit."""
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (folder / ".build").symlink_to((REPOSITORY / ".build").resolve())
    for name, there, instead in patches:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(there) == 1, f"{name} has {text.count(there)} times {there!r}"
        (folder / name).write_text(text.replace(there, instead), encoding="utf-8")
    return folder
