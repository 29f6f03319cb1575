"""Where the project's own files are."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SQL_DIR = REPOSITORY / "sql"
DEFAULT_DATA_DIR = REPOSITORY / ".stack"
