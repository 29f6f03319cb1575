"""The checkpoints of a job on disk: `<folder of checkpoints>/<job id>/chk-<number>`, whole once it has a `_metadata`."""

from __future__ import annotations

from pathlib import Path

METADATA = "_metadata"
_PREFIX = "chk-"


def whole(folder: Path) -> list[Path]:
    """The checkpoints below a job's `folder` that Flink has completed, the newest first."""
    found = [path.parent for path in folder.glob(f"{_PREFIX}*/{METADATA}") if path.parent.name.removeprefix(_PREFIX).isdigit()]
    return sorted(found, key=lambda path: int(path.name.removeprefix(_PREFIX)), reverse=True)


def completed_s(checkpoint: Path) -> float:
    """When it was completed, Unix seconds. Raises OSError when it is gone."""
    return (checkpoint / METADATA).stat().st_mtime
