"""The pages as Grafana dashboards: `python -m dashboards.grafana` writes `grafana/*.json`, which docker-compose provisions.

Every query is the same .sql text, with its parameters as macros of the ClickHouse data source and dashboard variables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dashboards.model import (
    FILTERS,
    PARAMETER,
    SUBJECT_PAGES,
    Column,
    Filter,
    Page,
    Panel,
    Threshold,
    Unit,
    load_pages,
    load_query,
)

GRAFANA_DIR = Path(__file__).with_name("grafana")
VARIABLES_DIR = Path(__file__).with_name("variables")
# As docker/grafana/datasources.yml names it.
DATASOURCE = {"type": "grafana-clickhouse-datasource", "uid": "tokpulse-clickhouse"}
TAG = "tokpulse"
_SCHEMA_VERSION = 41
_TIME_SERIES, _TABLE = 0, 1  # the data source's formats
_LIMITS = (20, 50, 100, 200)

# The macros give moments in the server's time zone; queries reckon in UTC. A variable that is set to all is written as `''`.
_REPLACED: Mapping[str, str] = {
    "time_from": "toTimeZone($__fromTime_ms, 'UTC')",
    "time_to": "toTimeZone($__toTime_ms, 'UTC')",
    "interval_s": "toUInt32($__interval_s)",
    "limit": "${limit}",
    "keys": "CAST([], 'Array(String)')",
    "creator": "${creator:sqlstring}",
    "post": "${post:sqlstring}",
    "hashtag": "${hashtag:sqlstring}",
    "tier": "${tier:sqlstring}",
    "region": "${region:sqlstring}",
}
_UNITS: Mapping[Unit, dict[str, Any]] = {
    "count": {"unit": "short", "decimals": 0},
    "plays": {"unit": "short"},
    "plays_per_hour": {"unit": "suffix: /h"},
    "plays_per_minute": {"unit": "suffix: /min", "decimals": 1},
    "rate_percent": {"unit": "percentunit", "decimals": 2},
    "seconds": {"unit": "s"},
    "ratio": {"unit": "suffix: x", "decimals": 2},
    "score": {"unit": "none", "decimals": 2},
    "time": {"unit": "dateTimeAsIso"},
    "text": {"unit": "string"},
    "handle": {"unit": "string"},
}
_COLOURS = {"ok": "green", "warn": "orange", "bad": "red"}
# As js/marks.js has them; other words have the color of text.
_STATES = {"good": "green", "late": "orange", "stale": "red", "trending": "green", "rising": "green"}


def query_text(text: str, page: Page) -> str:
    """A query as the data source's editor has it; by what `page` has no variable for nothing is narrowed down."""
    known = {item.name for item in page.filters}

    def replaced(name: str) -> str:
        return "''" if name in FILTERS and name not in known else _REPLACED[name]

    return PARAMETER.sub(lambda match: replaced(match["name"]), text)


def dashboard(page: Page) -> dict[str, Any]:
    """One page as the JSON model of a dashboard."""
    return {
        "uid": uid(page.slug),
        "title": f"tokpulse: {page.title}",
        "description": page.description,
        "tags": [TAG],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "utc",
        "time": {"from": f"now-{page.default_range}", "to": "now"},
        "refresh": f"{page.refresh_s}s",
        "links": [
            {
                **{"type": "dashboards", "title": "tokpulse", "tags": [TAG], "icon": "external link", "tooltip": "", "url": ""},
                **{"asDropdown": False, "includeVars": True, "keepTime": True, "targetBlank": False},
            }
        ],
        "templating": {"list": [*(_variable(item, page) for item in page.filters), _limit()]},
        "annotations": {"list": []},
        "panels": [_panel(panel, page, number, place) for number, (panel, place) in enumerate(_placed(page), start=1)],
    }


def uid(slug: str) -> str:
    """What links to the dashboard of a page call it."""
    return f"{TAG}-{slug}"


def _placed(page: Page) -> Iterator[tuple[Panel, dict[str, int]]]:
    """Panels with their places on Grafana's grid of 24 columns: side by side as long as they fit."""
    x = y = row = 0
    for panel in page.panels:
        if x + 2 * panel.width > 24:
            x, y, row = 0, y + row, 0
        height = 2 * panel.height
        yield panel, {"x": x, "y": y, "w": 2 * panel.width, "h": height}
        x, row = x + 2 * panel.width, max(row, height)


def _panel(panel: Panel, page: Page, number: int, place: dict[str, int]) -> dict[str, Any]:
    charted = panel.kind in ("timeseries", "bars")
    text = query_text(load_query(panel.query), page)
    return {
        "id": number,
        "type": {"stat": "stat", "table": "table"}.get(panel.kind, "timeseries"),
        "title": panel.title,
        "description": panel.help,
        "datasource": DATASOURCE,
        "gridPos": place,
        "maxDataPoints": 120,
        "interval": "10s",
        "targets": [
            {
                **{"refId": "A", "datasource": DATASOURCE, "editorType": "sql", "queryType": "timeseries" if charted else "table"},
                **{"format": _TIME_SERIES if charted else _TABLE, "pluginVersion": "", "rawSql": text},
            }
        ],
        "transformations": _kept(panel),
        "fieldConfig": {"defaults": _defaults(panel), "overrides": [_override(column, panel) for column in panel.columns]},
        "options": _options(panel),
    }


def _kept(panel: Panel) -> list[dict[str, Any]]:
    """Only the columns that the panel shows, in its order: one query may serve several panels."""
    names = [column.name for column in panel.columns] if panel.kind == "table" else list(panel.drawn)
    if panel.series_column:
        # The data source has made a series of each of its values, under their own names.
        return []
    kept = {"id": "filterFieldsByName", "options": {"include": {"names": names}}}
    order = {"id": "organize", "options": {"indexByName": {name: place for place, name in enumerate(names)}}}
    return [kept, order]


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {**_UNITS[panel.unit], "noValue": panel.empty, "thresholds": _thresholds(panel.thresholds)}
    defaults["color"] = {"mode": "thresholds" if panel.thresholds else "palette-classic"}
    if panel.series_column:
        defaults["displayName"] = f"${{__field.labels.{panel.series_column}}}"
    if panel.kind in ("timeseries", "bars"):
        bars = panel.kind == "bars"
        defaults["custom"] = {
            **{"drawStyle": "bars" if bars else "line", "lineWidth": 1 if bars else 2, "fillOpacity": 70 if bars else 10},
            **{"stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"}, "showPoints": "auto", "spanNulls": False},
        }
    return defaults


def _thresholds(thresholds: tuple[Threshold, ...]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"value": None, "color": "text"}]
    steps += [{"value": threshold.at, "color": _COLOURS[threshold.tone]} for threshold in thresholds]
    return {"mode": "absolute", "steps": steps}


def _override(column: Column, panel: Panel) -> dict[str, Any]:
    # `noValue` of the panel says why there are no rows; a cell without a value is only that.
    properties: dict[str, Any] = {"displayName": column.title, **_UNITS[column.unit], "noValue": "\N{EN DASH}"}
    if column.link:
        page = SUBJECT_PAGES[column.link]
        url = f"/d/{uid(page)}?${{__url_time_range}}&var-{column.link}=${{__value.raw:percentencode}}"
        properties["links"] = [{"title": f"Show this {column.link}", "url": url, "targetBlank": False}]
    if column.link == "post":
        # TikTok finds the creator by itself: the handle may be masked.
        site = "https://www.tiktok.com/@/video/${__value.raw:percentencode}"
        properties["links"].append({"title": "Open on TikTok", "url": site, "targetBlank": True})
    if column.spark:
        properties["custom.cellOptions"] = {"type": "sparkline", "hideValue": True}
    elif column.tone in ("delta", "sentiment"):
        bound = 0.0 if column.tone == "delta" else 0.05
        steps = [{"value": None, "color": "red"}, {"value": -bound, "color": "text"}, {"value": bound or 1e-9, "color": "green"}]
        properties["thresholds"] = {"mode": "absolute", "steps": steps}
        # Else the panel's own mode holds, which gives every column its color of the palette.
        properties["color"] = {"mode": "thresholds"}
        properties["custom.cellOptions"] = {"type": "color-text"}
    elif column.tone == "state":
        words = {word: {"color": color, "index": place} for place, (word, color) in enumerate(_STATES.items())}
        properties["mappings"] = [{"type": "value", "options": words}]
        properties["custom.cellOptions"] = {"type": "color-text"}
    return {
        "matcher": {"id": "byName", "options": column.name},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        # By the names that are displayed.
        titles = {column.name: column.title for column in panel.columns}
        shown = "|".join(titles.get(name, name) for name in (*panel.value_columns, *filter(None, (panel.state_column,))))
        reduced = {"calcs": ["lastNotNull"], "fields": f"/^({shown})$/" if panel.state_column else f"/^{shown}$/", "values": False}
        return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "none", "textMode": "value", "justifyMode": "auto"}
    if panel.kind == "table":
        return {"showHeader": True, "cellHeight": "sm"}
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _variable(item: Filter, page: Page) -> dict[str, Any]:
    text = query_text(load_query(item.name, VARIABLES_DIR), page.model_copy(update={"filters": ()}))
    all_of_them = {} if item.required else {"allValue": "''", "current": {"text": "All", "value": "$__all"}}
    return {
        **{"type": "query", "name": item.name, "label": item.name.capitalize(), "datasource": DATASOURCE},
        **{"query": text, "definition": text, "refresh": 2, "sort": 0},
        **{"multi": False, "includeAll": not item.required, **all_of_them},
    }


def _limit() -> dict[str, Any]:
    options = [{"text": str(value), "value": str(value), "selected": value == 50} for value in _LIMITS]
    return {
        **{"type": "custom", "name": "limit", "label": "Rows", "query": ",".join(map(str, _LIMITS)), "options": options},
        **{"current": {"text": "50", "value": "50"}, "multi": False, "includeAll": False},
    }


def rendered(page: Page) -> str:
    """The text of a page's file below `grafana/`."""
    return json.dumps(dashboard(page), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes every dashboard anew."""
    for slug, page in load_pages().items():
        (GRAFANA_DIR / f"{slug}.json").write_text(rendered(page), encoding="utf-8")


if __name__ == "__main__":
    main()
