"""Grafana's dashboards: as committed, valid, and every query runs when its macros are expanded as the plugin does it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from clickhouse_connect.driver.client import Client

from dashboards.grafana import DATASOURCE, GRAFANA_DIR, VARIABLES_DIR, rendered, uid
from dashboards.model import FILTERS, SUBJECT_PAGES, load_pages, load_query
from tests.dashboards.golden import ROWS_OF_NOTHING

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "tests" / "deploy" / "grafana-dashboard.schema.json"
PAGES = load_pages()
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(GRAFANA_DIR.glob("*.json"))}
PANELS = [pytest.param(slug, panel, id=f"{slug}-{panel['title']}") for slug, board in FILES.items() for panel in board["panels"]]
FROM_MS, TO_MS = 1_780_000_000_000, 1_780_086_400_000


def expanded(sql: str, values: dict[str, str], interval_s: int = 600) -> str:
    """What reaches ClickHouse: variables as Grafana writes them, then the macros of grafana-clickhouse-datasource.

    Grafana: `:sqlstring` quotes a value and doubles its quotes; an `allValue` is put in as it stands. The plugin
    (pkg/macros/macros.go): comments go first, for a macro in one is none; moments become fromUnixTimestamp64Milli(n).
    """

    def variable(match: re.Match[str]) -> str:
        value = values[match["name"]]
        if match["form"] == ":sqlstring" and value != "''":
            return "'" + value.replace("'", "''") + "'"
        return value

    text = re.sub(r"\$\{(?P<name>\w+)(?P<form>:\w+)?\}", variable, sql)
    text = re.sub(r"--.*", "", text)
    macros = {
        "fromTime_ms": f"fromUnixTimestamp64Milli({FROM_MS})",
        "toTime_ms": f"fromUnixTimestamp64Milli({TO_MS})",
        "interval_s": str(interval_s),
    }
    return re.sub(r"\$__(\w+)", lambda match: macros[match[1]], text)


def chosen(board: dict[str, Any], wanted: str) -> dict[str, str]:
    """A value for each variable of a dashboard: `wanted`, or what stands for all where there is such a thing."""
    values = {}
    for variable in board["templating"]["list"]:
        values[variable["name"]] = (
            variable["current"]["value"] if variable["type"] == "custom" else variable.get("allValue", wanted)
        )
    return values


def test_the_committed_files_are_those_of_the_pages() -> None:
    assert set(FILES) == set(PAGES)
    for slug, page in PAGES.items():
        assert (GRAFANA_DIR / f"{slug}.json").read_text(encoding="utf-8") == rendered(page), "run `python -m dashboards.grafana`"


@pytest.mark.parametrize("slug", FILES)
def test_valid_by_grafanas_schema(slug: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    # `options?: _` and `value?: _` of Grafana's own definitions (dashboard_kind.cue), any value, became "object" there.
    schema["definitions"]["MatcherConfig"]["properties"]["options"] = {}
    schema["definitions"]["DynamicConfigValue"]["properties"]["value"] = {}
    jsonschema.Draft7Validator.check_schema(schema)
    errors = [
        f"{cause.json_path}: {cause.message[:200]}"
        for error in jsonschema.Draft7Validator(schema).iter_errors(FILES[slug])
        for cause in (error, *(error.context or ()))
    ]
    assert errors == []


@pytest.mark.parametrize(("slug", "panel"), PANELS)
def test_no_panel_reads_without_a_time_filter(slug: str, panel: dict[str, Any]) -> None:
    (target,) = panel["targets"]
    assert "$__fromTime_ms" in target["rawSql"]
    assert "$__toTime_ms" in target["rawSql"]
    assert not re.search(r"(?<!\$)\{\w+:", target["rawSql"]), "a parameter that Grafana does not know"
    assert panel["datasource"] == target["datasource"] == DATASOURCE


@pytest.mark.parametrize("slug", FILES)
def test_panels_do_not_overlap(slug: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in FILES[slug]["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_links_lead_to_dashboards_that_take_the_value() -> None:
    found = re.findall(r"/d/([\w-]+)\?\$\{__url_time_range\}&var-(\w+)=", json.dumps(FILES))
    assert {name for _, name in found} == set(SUBJECT_PAGES)
    boards = {board["uid"]: {variable["name"] for variable in board["templating"]["list"]} for board in FILES.values()}
    assert all(name in boards[target] for target, name in found)
    assert all(uid(page) in boards for page in SUBJECT_PAGES.values())


def test_a_post_opens_on_tiktok_without_a_handle() -> None:
    links = [link for properties in overrides() for link in properties.get("links", ()) if link["targetBlank"]]
    assert links
    assert {link["url"] for link in links} == {"https://www.tiktok.com/@/video/${__value.raw:percentencode}"}


def test_a_series_is_named_by_its_value() -> None:
    (panel,) = (panel for panel in FILES["trending"]["panels"] if panel["title"] == "Trending posts by tier")
    assert panel["fieldConfig"]["defaults"]["displayName"] == "${__field.labels.tier}"


def overrides() -> list[dict[str, Any]]:
    """The properties of each column's override, by name."""
    found = [item for board in FILES.values() for panel in board["panels"] for item in panel["fieldConfig"]["overrides"]]
    return [{one["id"]: one["value"] for one in item["properties"]} for item in found]


def test_a_column_with_thresholds_of_its_own_takes_its_color_from_them() -> None:
    toned = [properties for properties in overrides() if "thresholds" in properties]
    assert toned
    assert [properties.get("color") for properties in toned] == [{"mode": "thresholds"}] * len(toned)


def test_a_cell_without_a_value_does_not_say_why_a_panel_is_empty() -> None:
    sentences = {panel["fieldConfig"]["defaults"]["noValue"] for board in FILES.values() for panel in board["panels"]}
    assert all(properties.get("noValue") not in {None, *sentences} for properties in overrides())
    tables = [panel for board in FILES.values() for panel in board["panels"] if panel["type"] == "table"]
    for panel in tables:
        (kept,) = (step["options"]["include"]["names"] for step in panel["transformations"] if "include" in step["options"])
        assert {item["matcher"]["options"] for item in panel["fieldConfig"]["overrides"]} == set(kept)


def test_the_file_of_provisioning_names_the_same_data_source() -> None:
    (source,) = yaml.safe_load((ROOT / "docker/grafana/datasources.yml").read_text(encoding="utf-8"))["datasources"]
    assert {"type": source["type"], "uid": source["uid"]} == DATASOURCE
    assert source["jsonData"]["username"] == "dashboard"
    assert source["jsonData"]["defaultDatabase"] == "tokpulse_shared"
    assert source["secureJsonData"] == {"password": "$CLICKHOUSE_READER_PASSWORD"}


@pytest.mark.clickhouse
@pytest.mark.parametrize(("slug", "panel"), PANELS)
def test_a_panels_query_runs_with_its_macros_expanded(empty_client: Client, slug: str, panel: dict[str, Any]) -> None:
    sql = expanded(panel["targets"][0]["rawSql"], chosen(FILES[slug], "it's"))
    described = {row[0]: row[1] for row in empty_client.query(f"DESCRIBE ({sql})").result_rows}
    for step in panel["transformations"]:
        names = step["options"].get("include", {}).get("names") or step["options"]["indexByName"]
        assert set(names) <= set(described)
    # A chart of Grafana needs a column of time, first and ascending; the queries sort by it.
    if panel["targets"][0]["format"] == 0:
        assert next(iter(described.values())) == "DateTime64(3, 'UTC')"
    drawn = PAGES[slug].panels[panel["id"] - 1]
    assert drawn.title == panel["title"]
    assert len(empty_client.query(sql).result_rows) == ROWS_OF_NOTHING.get(drawn.query, 0)


@pytest.mark.clickhouse
@pytest.mark.parametrize("slug", FILES)
def test_the_variables_queries_run(empty_client: Client, slug: str) -> None:
    queries = [variable["query"] for variable in FILES[slug]["templating"]["list"] if variable["type"] == "query"]
    for sql in queries:
        assert "$__fromTime_ms" in sql
        assert empty_client.query(expanded(sql, {})).result_rows == []


def test_a_variable_has_its_file() -> None:
    assert {path.stem for path in VARIABLES_DIR.glob("*.sql")} == set(FILTERS)
    assert all(re.search(r"\nLIMIT \d+\n$", load_query(name, VARIABLES_DIR)) for name in FILTERS)


def test_expansion_is_that_of_the_plugin() -> None:
    sql = "-- $__interval_s\nSELECT $__fromTime_ms, toUInt32($__interval_s), ${creator:sqlstring}, ${post:sqlstring}, ${limit}"
    found = expanded(sql, {"creator": "o'c", "post": "''", "limit": "50"}).strip()
    assert found == f"SELECT fromUnixTimestamp64Milli({FROM_MS}), toUInt32(600), 'o''c', '', 50"
