"""A panel's rows as the page and a CSV file have them: the columns that are shown, with their titles and units."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.errors import TokpulseError
from dashboards.model import Column, Panel, Unit
from dashboards.run import Result
from dashboards.web.asked import Compared

# A spreadsheet would run a text that begins so; captions and hashtags come from strangers.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
# What follows the title of a column for its difference to an earlier time.
EARLIER: Mapping[Compared, str] = {
    "previous": "vs the time before",
    "yesterday": "vs a day earlier",
    "week": "vs a week earlier",
}


class PanelColumnsError(TokpulseError):
    """The page definition lists a column that its query does not give."""


def shown_columns(panel: Panel, result: Result) -> list[Column]:
    """The columns of a table as it lists them; of a chart or a stat all that its query gives. Raises PanelColumnsError."""
    # Without rows the client knows no columns either.
    missing = [column.name for column in panel.columns if result.rows and column.name not in result.columns]
    if missing:
        raise PanelColumnsError(
            f"panel {panel.id}: query {panel.query} gives no column {missing[0]}", f"it gives {', '.join(result.columns)}"
        )
    if panel.kind == "table":
        return list(panel.columns)
    listed = {column.name: column for column in panel.columns}
    return [listed.get(name) or Column(name=name, title=_title(name), unit=_unit(panel, name)) for name in panel.drawn]


def shown_rows(columns: Sequence[Column], result: Result) -> list[list[Any]]:
    """The cells of those columns."""
    if not result.rows:
        return []
    places = [result.columns.index(column.name) for column in columns]
    return [[row[place] for place in places] for row in result.rows]


def with_changes(
    columns: Sequence[Column], rows: Sequence[Sequence[Any]], before: Sequence[Sequence[Any]], compare: Compared, keys: int = 1
) -> tuple[list[Column], list[list[Any]]]:
    """`columns` and `rows` with a column after each that compares: its value less that of `before`.

    A row of `before` is the same one where the first `keys` cells are; None where either value is not known.
    """
    known = {tuple(row[:keys]): row for row in before}
    places = [place for place, column in enumerate(columns) if column.compare]
    wider: list[Column] = []
    for column in columns:
        wider.append(column)
        if column.compare:
            title = f"{column.title} {EARLIER[compare]}"
            wider.append(Column(name=f"{column.name}_change", title=title, unit=column.unit, tone="delta"))
    changed: list[list[Any]] = []
    for row in rows:
        then = known.get(tuple(row[:keys]))
        cells = list(row)
        # From the right, so that places stay true.
        for place in reversed(places):
            was = then[place] if then else None
            cells.insert(place + 1, None if row[place] is None or was is None else row[place] - was)
        changed.append(cells)
    return wider, changed


def csv_text(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> str:
    """RFC 4180 with the names of the columns first; times in ISO 8601 UTC, lists as JSON, what is unknown is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_csv_value(column, value) for column, value in zip(columns, row, strict=True)])
    return out.getvalue()


def _csv_value(column: Column, value: Any) -> Any:
    if value is None:
        return ""
    if column.unit == "time" and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith(_FORMULA_SIGNS):
        return f"'{value}"
    return value


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _unit(panel: Panel, name: str) -> Unit:
    if name == panel.time_column:
        return "time"
    return "text" if name == panel.series_column else panel.unit
