"""The golden rows: JSON lines that were worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

_TIMES = ("ingested_at", "snapshot_at", "window_start", "window_end")
_FOLDER = Path(__file__).resolve().parent


def lines(path: str) -> list[dict[str, Any]]:
    """The objects of a file below this folder."""
    return [json.loads(line) for line in (_FOLDER / path).read_text(encoding="utf-8").splitlines()]


def milliseconds(moment: str) -> int:
    """Unix milliseconds of an ISO 8601 moment."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def rows(path: str) -> list[dict[str, Any]]:
    """`lines` without the reasons, and times in Unix milliseconds."""
    return [{key: _plain(key, value) for key, value in line.items() if key != "why"} for line in lines(path)]


def _plain(key: str, value: Any) -> Any:
    return milliseconds(value) if key in _TIMES and value is not None else value
