"""Brings ClickHouse up to date: its schema and the comments beside it."""

from __future__ import annotations

from quality.comments import apply_comments
from stack.migrations import apply_migrations


def apply_tables(url: str) -> list[str]:
    """One line per change in the databases of the admin's DSN `url`. Raises MigrationError, DdlError, CatalogError."""
    return apply_migrations(url) + apply_comments(url)
