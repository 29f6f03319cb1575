"""`tokpulse demo`: the whole way, from nothing to a table of trending posts, then live until Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from cli.dashboard_server import serving
from cli.demo_report import DemoError, ledger_lines, print_addresses, print_results, trending_by_hour
from cli.demo_stream import HOURS_BEFORE, WATCHLIST, DemoKafka, DemoStream, load_state
from cli.progress import RecordProgress
from cli.submit import submit
from connectors.clock import HOUR_MS, wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.flink.rest import FlinkRest, FlinkRestError
from connectors.kafka.log import held, partition_offsets
from connectors.kafka.registry import SchemaRegistry
from connectors.preflight import check_services
from connectors.terminal import say
from dashboards.web.server import DashboardPortError, usual_port
from jobs.catalog import JOBS
from privacy.opted_in import publish
from privacy.opted_in_file import OptedIn, load_opted_in, privacy_file
from simulator.settings import POSTS
from stack.kept_jobs import KeptJobs
from stack.lifecycle import down, up
from stack.report import Report
from stack.settings import StackSettings
from stack.submission import flink_run_line

JOB = "pipeline"
_TICK_S = 1.0
_SAY_EVERY_MS = 60_000


def wants_exit(value: str) -> bool:
    """Whether a value of DEMO_EXIT asks the demo to end by itself."""
    return value.strip().lower() not in ("", "0", "false", "no", "off")


def command() -> None:
    """Run the whole pipeline on simulated data.

    It starts the stack, polls a fake upstream into Kafka, runs the pipeline job on it, and shows the fastest growing post of each
    simulated hour. Then it continues live until Ctrl-C; with DEMO_EXIT=1 it ends here. A stack that the demo has started is
    stopped at the end, but its data stays: the next demo continues where this one ended. A stack that was running before keeps
    running.
    """
    began = time.monotonic()
    # Before anything is started: a mistake in it shows at once.
    port = usual_port(os.environ)
    # Whoever ends the demo, a terminal or a service manager: jobs and stack must not stay behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # On a rough day the pollers have much to say that is no matter of the demo's.
    logging.getLogger("polling").setLevel(logging.ERROR)
    settings = StackSettings.load()
    refuse_beside(KeptJobs(settings).names())
    with Report() as report:
        result = up(settings, report)
    try:
        with _dashboard(result.settings, port) as dashboard:
            _run(Endpoints.from_env({}, result.settings.data).require(), result.settings, began, dashboard)
    except KeyboardInterrupt:
        say("\nCtrl-C: ending")
    finally:
        if not result.already_running:
            with Report() as report, report.step("stack", "stopping (its data stays)", "stopped"):
                down(result.settings)


def refuse_beside(kept: Iterable[str]) -> None:
    """Raises DemoError where a job that comes back by itself writes what the demo's job writes in transactions."""
    for name in kept:
        if name in JOBS and JOBS[name].transactional & JOBS[JOB].transactional:
            raise DemoError(
                f"job {name} should run in this data folder, and would write beside the demo's job",
                f"`tokpulse stop {name}`, or another --data-dir",
            )


@contextmanager
def _dashboard(settings: StackSettings, port: int) -> Iterator[str]:
    """Serves the dashboard as long as the demo runs; gives its URL. Another port, where that one is taken."""

    def endpoints() -> Endpoints:
        return Endpoints.from_env({}, settings.data)

    with ExitStack() as kept:
        try:
            served = kept.enter_context(serving(port, endpoints))
        except DashboardPortError:
            served = kept.enter_context(serving(0, endpoints))
        yield served.url


def _run(endpoints: Endpoints, settings: StackSettings, began: float, dashboard: str) -> None:
    state = load_state(settings.data, wall_clock_ms())
    with (
        SchemaRegistry(endpoints.schema_registry_url) as registry,
        DemoStream(state, settings.data, DemoKafka(endpoints, registry)) as stream,
        FlinkRest(endpoints.flink_rest_url) as flink,
    ):
        _show_names(endpoints, settings)
        # Whole hours only: a bounded run calls every hour that it sees final.
        with RecordProgress("poll") as progress:
            sent = stream.send_until(wall_clock_ms() // HOUR_MS * HOUR_MS, progress)
        say(f"poll: {sent:,} records from the upstream at {stream.url}, {HOURS_BEFORE} or more simulated hours are in Kafka")
        run_id = _run_bounded(endpoints, flink)
        posts = trending_by_hour(endpoints.clickhouse_url, state.start_ms, HOURS_BEFORE - 1)
        print_results(posts, ledger_lines(endpoints.clickhouse_url, run_id))
        print_addresses(endpoints, dashboard)
        say(f"{time.monotonic() - began:.0f} s")
        if not wants_exit(os.environ.get("DEMO_EXIT", "")):
            _stay_live(endpoints, flink, stream)


def _show_names(endpoints: Endpoints, settings: StackSettings) -> None:
    """Shows the simulated creators that the demo watches by name, unless privacy.yaml says whose names to show."""
    path = privacy_file()
    if load_opted_in(path) == OptedIn():
        path = settings.data / "demo-privacy.yaml"
        path.write_text(f"opted_in: {{watchlist: {WATCHLIST}}}\n", encoding="utf-8")
    publish(endpoints.clickhouse_url, path)


def _run_bounded(endpoints: Endpoints, flink: FlinkRest) -> str:
    """Submits the job on what is in Kafka now, waits for its end, and returns its run id."""
    check_services(endpoints, JOBS[JOB].topics)
    total = held(partition_offsets(endpoints.kafka_bootstrap_servers, POSTS))
    run_id = f"demo-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    line = _line(endpoints, run_id, bounded=True)
    others = _active(flink)
    with RecordProgress(f"flink run {JOB}") as progress:
        _while(lambda: submit(line, endpoints), lambda: _show_reading(flink, others, progress, total))
    return run_id


def _line(endpoints: Endpoints, run_id: str, *, bounded: bool) -> list[str]:
    line = flink_run_line(endpoints, JOB, run_id=run_id, bounded=bounded, parallelism=None, detached=not bounded, arguments=[])
    say(f"submit: {' '.join(line)}")
    return line


def _while(work: Callable[[], None], tick: Callable[[], None]) -> None:
    """Calls `tick` about every second until `work`, in a thread, is done; raises what `work` raises."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        while not done.done():
            tick()
            time.sleep(_TICK_S)
        done.result()


def _active(flink: FlinkRest) -> set[str]:
    """Ids of the jobs that may still write."""
    return {job.id for job in flink.jobs() if job.active}


def _show_reading(flink: FlinkRest, others: set[str], progress: RecordProgress, total: int) -> None:
    try:
        own = _active(flink) - others
        read = sum(vertex.records_in for job_id in own for vertex in flink.vertices(job_id) if vertex.is_source)
    except FlinkRestError:
        return  # a picture of progress is not worth an error; the job's own end tells
    progress(read, min(1.0, read / max(1, total)))


def _stay_live(endpoints: Endpoints, flink: FlinkRest, stream: DemoStream) -> None:
    """Keeps a live job and a poller at real time until Ctrl-C or the universe's end, then ends them. Other jobs go on."""
    others, own = _active(flink), set[str]()
    try:
        with Report() as report, report.step("live job", "submitting", "submitted"):
            submit(_line(endpoints, f"demo-live-{datetime.now(UTC):%Y%m%dT%H%M%S}", bounded=False), endpoints)
        own = _active(flink) - others
        say("live: polling in real time; look at the dashboard, or run `tokpulse doctor` in another terminal; press Ctrl-C to stop")
        # From the last whole hour to now at once, then as it comes.
        stream.send_until(wall_clock_ms())
        with stream.live():
            next_word_ms = 0
            while (now_ms := wall_clock_ms()) < stream.state.end_ms:
                stream.check()
                if now_ms >= next_word_ms:
                    next_word_ms = now_ms + _SAY_EVERY_MS
                    say(f"live: {stream.sent:,} records since the demo began, up to {datetime.now(UTC):%H:%M:%S} UTC")
                time.sleep(_TICK_S)
        say("live: the simulated data has ended; the next demo starts new data")
    finally:
        # Interrupted in mid-submission, whatever is new is the demo's.
        _end_jobs(flink, own or _active(flink) - others)


def _end_jobs(flink: FlinkRest, own: set[str], timeout_s: float = 60.0) -> None:
    """Cancels the jobs `own` and waits until they have ended. Raises DemoError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    with Report() as report, report.step("live job", "ending", "ended"):
        for job_id in own & _active(flink):
            flink.cancel(job_id)
        while left := own & _active(flink):
            if time.monotonic() > deadline:
                raise DemoError(f"job {min(left)} does not end", "`tokpulse down` stops the whole stack")
            time.sleep(0.2)
