"""`tokpulse quality`."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.notify_targets import targets_of
from cli.progress import Waiting
from cli.quality_notice import TOLD_FILE, tell
from cli.quality_view import as_data, summary, table_of
from cli.times import parse_time_ms
from connectors.clickhouse.client import connect
from connectors.clock import MINUTE_MS, wall_clock_ms
from connectors.console import table_console
from connectors.endpoints import Endpoints, data_dir
from connectors.errors import TokpulseError
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.terminal import say
from polling.live.terms import FILE, TermsLog
from quality import reconcile
from quality.catalog import Catalog, Dataset, load_catalog, select
from quality.checks import SEVERITIES, Moment
from quality.results import Result, Status, worst, write, write_metrics
from quality.run import Tables, run_checks
from quality.topic import Held, held


class NoTestsError(TokpulseError):
    """Nothing that was asked for is tested."""


class FailOn(StrEnum):
    """From which status on the exit code is 1."""

    ERROR = "error"
    WARN = "warn"


def command(
    dataset: Annotated[list[str] | None, typer.Option(help="Only this dataset; repeat for more.  [default: all]")] = None,
    test: Annotated[list[str] | None, typer.Option(help=f"Only this test; repeat for more: {', '.join(SEVERITIES)}.")] = None,
    since: Annotated[
        str, typer.Option(help="Test rows from this time on, e.g. -30d.  [default: 7 days; reconcile 1 day, schema_drift 2]")
    ] = "",
    as_of: Annotated[str, typer.Option(help="Test as if it were this time, e.g. the end of a backfill.")] = "now",
    settle: Annotated[int, typer.Option(min=0, help="Minutes that a record may need from its topic to the tables.")] = 15,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with code 1 when a test fails (error), or already when one warns (warn).")
    ] = FailOn.ERROR,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also list what passed.")] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="What runs every 15 minutes: rows of the last day, without reconcile, at low priority."),
    ] = False,
    notify: Annotated[
        bool,
        typer.Option("--notify", help="Post what fails to the targets of `tokpulse notify`, once until it passes again."),
    ] = False,
    save: Annotated[bool, typer.Option("--write/--no-write", help="Whether to add the results to quality_results.")] = True,
    metrics_file: Annotated[
        Path | None, typer.Option(help="Also write gauges to this file, for node exporter's textfile collector.")
    ] = None,
) -> None:
    """Run the data quality tests on the tables.

    The catalog declares the tests. The results are shown, and added to quality_results. Exit code 0: nothing failed (warnings are
    shown). 1: a test failed, or could not be run. 2: wrong usage.
    """
    for name in test or []:
        if name not in SEVERITIES:
            raise typer.BadParameter(f"there is no test {name!r}; tests are {', '.join(SEVERITIES)}", param_hint="--test")
    catalog = load_catalog()
    datasets = select(catalog, dataset or [])
    now_ms = wall_clock_ms()
    as_of_ms = parse_time_ms(as_of, now_ms, "--as-of")
    since = since or ("-1d" if quick else "")
    at = Moment(as_of_ms, parse_time_ms(since, as_of_ms, "--since") if since else None)
    endpoints = Endpoints.from_env().require("CLICKHOUSE_URL")
    client = connect(endpoints.clickhouse_url)
    if quick:
        # Somebody may be looking at the dashboard meanwhile.
        os.nice(10)
        client.set_client_setting("max_threads", 1)
    run_id = str(uuid.uuid4())
    try:
        tables = Tables(client, endpoints.clickhouse_url)
        chosen = test or [name for name in SEVERITIES if not quick or name != reconcile.NAME]
        found = _results(endpoints, tables, datasets, catalog, at, chosen, settle * MINUTE_MS)
        results = []
        with Waiting("testing the tables") as waiting:
            for result in found:
                results.append(result)
                waiting.at(f"{len(results)} tests done, the last one {result.test} of {result.dataset}")
        if not results:
            asked = f"{', '.join(test or [])} of {', '.join(dataset or ['any dataset'])}" if test else ", ".join(dataset or [])
            raise NoTestsError(f"the catalog declares no test {asked}", "without --dataset and --test, all tests run")
        if save:
            write(client, endpoints.clickhouse_url, run_id, now_ms, results)
    finally:
        client.close()
    if metrics_file is not None:
        write_metrics(metrics_file, now_ms, results)
    _show(run_id, now_ms, results, as_json, everything)
    if notify:
        targets, ways = targets_of(None, dry_run=False, needed=False)
        tell(results, data_dir() / TOLD_FILE, targets, ways, now_ms, lambda text: say(text, err=True))
    status = worst(results)
    if status is Status.FAIL or (status is Status.WARN and fail_on is FailOn.WARN):
        raise typer.Exit(1)


def _results(
    endpoints: Endpoints,
    tables: Tables,
    datasets: Sequence[Dataset],
    catalog: Catalog,
    at: Moment,
    only: Sequence[str],
    settle_ms: int,
) -> Iterator[Result]:
    yield from run_checks(tables, datasets, catalog, at, only)
    if reconcile.NAME not in only:
        return
    topics = load_topics()

    def read(topic: str, key_field: str, since_ms: int, until_ms: int) -> Held:
        with SchemaRegistry(endpoints.schema_registry_url) as registry:
            return held(endpoints.kafka_bootstrap_servers, topics[topic], key_field, registry.by_id, since_ms, until_ms)

    yield from reconcile.reconcile(tables, read, topics, datasets, at, settle_ms)


def _show(run_id: str, at_ms: int, results: Sequence[Result], as_json: bool, everything: bool) -> None:
    terms = TermsLog(data_dir() / FILE).summary()
    if as_json:
        say(json.dumps(as_data(run_id, at_ms, results, terms), indent=2))
        return
    console = table_console()
    # Who looks after the data has to know what was accepted for it.
    console.print(f"LIVE polling: {terms}", soft_wrap=True, markup=False, highlight=False)
    shown = [result for result in results if everything or result.status is not Status.PASS]
    if shown:
        console.print(table_of(shown))
    console.print(summary(results, everything), soft_wrap=True)
