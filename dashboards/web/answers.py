"""Answers for a panel: its rows, of several side by side and of an earlier time, as JSON or as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from dashboards.model import Column, Page, Panel, Subject
from dashboards.run import MAX_LIMIT, Filters, Result
from dashboards.web.asked import Choice, Comparison, earlier
from dashboards.web.shape import csv_text, shown_columns, shown_rows, with_changes
from dashboards.web.source import Answer, Source

# The column that says whose a row is, before all others, where several are side by side.
BESIDE = "beside"


@dataclass(frozen=True)
class _Part:
    """What was found for one choice of filters; `before` are those of the earlier time, `then` what was found for them."""

    filters: Filters
    found: Answer
    before: Filters | None
    then: Result | None


def answer(source: Source, page: Page, panel: Panel, choice: Choice, compare: Comparison | None, kind: str) -> Response:
    """What `source` holds for `panel`. `kind` is json or csv. Raises what Source.ask and shown_columns raise."""
    choice = choice.of(panel)
    listed = panel.kind == "table" or (choice.beside is not None and not panel.charted)
    # Rows in a list have differences, if the reader compares, and so has a file of them; others are drawn beside those of then.
    compared = compare is not None if listed else kind == "json"
    parts = [_asked(source, page, panel, filters, compare, compared) for filters in choice.each]
    columns = shown_columns(panel, max((part.found.result for part in parts), key=lambda result: len(result.rows)))
    rows = _together(choice.beside, parts, [shown_rows(columns, part.found.result) for part in parts])
    previous: list[list[Any]] | None = None
    if any(part.then for part in parts):
        previous = _together(choice.beside, parts, [shown_rows(columns, part.then) if part.then else [] for part in parts])
    if choice.beside:
        if panel.kind == "stat":
            columns = [column.model_copy(update={"compare": panel.compare}) for column in columns]
        columns = [Column(name=BESIDE, title=choice.beside.capitalize(), link=choice.beside), *columns]
    if listed:
        if previous is not None and compare:
            keys = (choice.beside is not None) + (panel.kind == "table")
            columns, rows = with_changes(columns, rows, previous, compare.name, keys)
        previous = None
    first = parts[0]
    if kind == "csv":
        return _csv_file(page, panel, first.filters, csv_text(columns, rows))
    return JSONResponse(
        {
            "columns": [column.model_dump(mode="json") for column in columns],
            "rows": rows,
            BESIDE: choice.beside,
            # Of the one with most rows, of which `limit` are given.
            "longest": max(len(part.found.result.rows) for part in parts),
            "previous": previous,
            "why": source.why(page.slug, panel.id, first.filters) if panel.why and not rows else None,
            # By how much the earlier rows are older.
            "earlier_ms": first.filters.time_from_ms - first.before.time_from_ms if first.before else None,
            "interval_s": first.filters.interval_s,
            "limit": first.filters.limit,
            "as_of_ms": min(part.found.at_ms for part in parts),
            "read_rows": sum(part.found.result.read_rows for part in parts),
            "elapsed_ms": round(sum(part.found.result.elapsed_s for part in parts) * 1000, 1),
        }
    )


def _asked(source: Source, page: Page, panel: Panel, filters: Filters, compare: Comparison | None, compared: bool) -> _Part:
    filters = source.by_id(filters)
    found = source.ask(page.slug, panel.id, panel.query, filters)
    before = earlier(panel, filters, found.at_ms, compare) if compared else None
    if before and panel.kind == "table":
        # What is among the first rows now need not have been among them then.
        shown = shown_rows(shown_columns(panel, found.result)[:1], found.result)
        before = replace(before, limit=MAX_LIMIT, keys=tuple(sorted(str(row[0]) for row in shown)))
    return _Part(filters, found, before, source.ask(page.slug, panel.id, panel.query, before).result if before else None)


def _together(beside: Subject | None, parts: Sequence[_Part], rows: Sequence[list[list[Any]]]) -> list[list[Any]]:
    """The rows of all parts; each begins with whose it is where there are several."""
    if beside is None:
        return rows[0]
    return [[getattr(part.filters, beside), *row] for part, some in zip(parts, rows, strict=True) for row in some]


def _csv_file(page: Page, panel: Panel, filters: Filters, text: str) -> Response:
    ends = [datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y%m%dT%H%MZ") for ms in (filters.time_from_ms, filters.time_to_ms)]
    name = f"{page.slug}-{panel.id}-{ends[0]}-{ends[1]}.csv"
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})
