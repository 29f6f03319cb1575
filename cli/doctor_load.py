"""Checks on load: what waits unread and where, which task holds the others up, is memory near its end, do tasks have work?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from cli.doctor_exam import Limits
from cli.doctor_findings import Cause, Finding, Level, duration, listed, ok
from cli.doctor_job import Patient
from connectors.clock import wall_clock_ms
from connectors.flink import health
from connectors.flink.health import Load
from connectors.kafka.lag import GroupLag, LagReader, PartitionLag, oldest_unread
from connectors.kafka.log import partition_offsets
from jobs.catalog import JOBS
from jobs.definition import topic_of

T = TypeVar("T")
_METRICS_S = 2.5
_PRESSED = 0.5
_FREE = 0.1
# deploy/prometheus asks for the same, and Java warns in the log.
HEAP_TOO_FULL = 0.8

LAG = Cause(
    *("lag", Level.WARN, "lag", "a job is behind what is written"),
    says="{job} has {unread:,} records of {topic} unread, the oldest for {age} (most in {partitions})",
    fix="see the lines pressure and checkpoints; else wait, or raise --parallelism (up to {of}, the number of partitions)",
)
PRESSURE = Cause(
    *("back_pressure", Level.WARN, "pressure", "a task is slower than what comes"),
    says="{job}: {where} is busy {busy:.0%} of its time and holds up {held}",
    fix="{remedy}",
)
HELD = Cause(
    *("back_pressure_outside", Level.WARN, "pressure", "what a job writes to is slower than what comes"),
    says="{job}: {where} waits for what it writes to, {pressed:.0%} of its time",
    fix="ClickHouse or Kafka is slow or does not answer: see the lines service; metrics clickhouse.retries and insert_latency_ms",
)
IDLE_TASKS = Cause(
    *("parallelism_above_partitions", Level.WARN, "parallelism", "more parallel tasks than partitions"),
    says="{job} reads {topic} with {parallelism} tasks, but it has {of} partitions: {idle} tasks never get a record",
    fix="submit with --parallelism {of} or less",
)
HEAP = Cause(
    *("heap_nearly_full", Level.WARN, "memory", "the TaskManager's heap is nearly full"),
    says="{job}: {share:.0%} of the heap is in use after garbage collection",
    fix='raise taskmanager.memory.process.size before it is full: docs/operations.md, "Out of memory"',
)
WAITING = Cause(
    *("partition_holds_watermark", Level.WARN, "watermark", "silent partitions hold back the watermark"),
    says="{source}: {count} silent partitions hold back the watermark: records wait in them, or Kafka does not say where they end",
    fix="see the lines kafka and lag; an open transaction of a dead producer ends after its timeout (15 min at most)",
)


def lag(patient: Patient) -> Iterator[Finding]:
    """How much of each topic each job has not read, by the offsets that `tokpulse lag` shows, too: those of its last checkpoint."""
    if "kafka" not in patient.examination.answering:
        return
    reader = LagReader(patient.examination.endpoints.kafka_bootstrap_servers)
    try:
        for running in patient.running:
            unread = reader.read_partitions(f"tokpulse-{running.job.name}")
            for topic in JOBS[running.job.name].topics_read:
                partitions = [each for each in unread if each.topic == topic]
                if partitions:
                    yield judged_lag(running.job.name, topic, partitions, wall_clock_ms(), patient.examination.limits)
    finally:
        reader.close()


def judged_lag(job: str, topic: str, partitions: Sequence[PartitionLag], now_ms: int, limits: Limits) -> Finding:
    """From what each partition of `topic` has unread."""
    whole = GroupLag(job, topic, *oldest_unread(partitions))
    age_s = whole.age_s(now_ms)
    if age_s <= limits.lag.total_seconds():
        waits = f", the oldest for {duration(age_s)}" if whole.unread else ""
        return ok("lag", f"{job} had {whole.unread:,} records of {topic} unread at its last checkpoint{waits}")
    worst = sorted(partitions, key=lambda each: each.unread, reverse=True)[:3]
    most = listed(each.partition for each in worst if each.unread)
    return LAG.found(topic, job=job, unread=whole.unread, age=duration(age_s), partitions=most, of=len(partitions))


def pressure(patient: Patient) -> Iterator[Finding]:
    """Which task is slower than the rest, where one is."""
    for running in patient.running:
        loads = running.loads
        if any(load.pressed is None for load in loads):
            measured = _patiently(partial(_measured, patient, running.job.id))
            if measured is None:
                yield ok("pressure", f"{running.job.name}: not measured yet")
                continue
            loads = measured
        yield judged_pressure(running.job.name, loads)


def _measured(patient: Patient, job_id: str) -> list[Load] | None:
    loads = health.loads(patient.flink, job_id)
    return loads if all(load.pressed is not None for load in loads) else None


def judged_pressure(job: str, loads: Sequence[Load]) -> Finding:
    """From the shares of time: who is held up, and who holds them up: the busiest behind them that is not held up itself."""
    held = [load for load in loads if (load.pressed or 0.0) >= _PRESSED]
    if not held:
        busiest = max(loads, key=lambda load: load.busy or 0.0)
        return ok("pressure", f"{job}: none; busiest is {busiest.title} ({busiest.busy or 0.0:.0%})")
    ids = {load.id for load in held}
    behind = [load for load in loads if load.id not in ids and ids & set(load.inputs)]
    slow = max(behind, key=lambda load: load.busy or 0.0, default=None)
    if slow is None or (slow.busy or 0.0) < _FREE:
        # The last of them waits for something that is no task.
        last = next((load for load in held if not any(load.id in other.inputs for other in held)), held[-1])
        return HELD.found(job, where=last.title, pressed=last.pressed or 0.0)
    remedy = "raise --parallelism, or give the TaskManager more cores"
    if "write" in slow.title:
        remedy += "; if insert_latency_ms of its tables is high, it is ClickHouse that is slow"
    return PRESSURE.found(
        job, where=slow.title, busy=slow.busy or 0.0, held=", ".join(load.title for load in held[:3]), remedy=remedy
    )


def parallelism(patient: Patient) -> Iterator[Finding]:
    """Whether sources have more tasks than their topics have partitions."""
    if "kafka" not in patient.examination.answering:
        return
    servers = patient.examination.endpoints.kafka_bootstrap_servers
    for running in patient.running:
        topics = {source.name: topic_of(source.name) for source in JOBS[running.job.name].sources}
        for vertex in patient.flink.vertices(running.job.id):
            if vertex.is_source and (topic := topics.get(vertex.reads)):
                yield from judged_parallelism(running.job.name, topic, vertex.parallelism, len(partition_offsets(servers, topic)))


def judged_parallelism(job: str, topic: str, tasks: int, partitions: int) -> Iterator[Finding]:
    """From the number of tasks that read and the number of partitions."""
    if tasks > partitions:
        yield IDLE_TASKS.found(topic, job=job, parallelism=tasks, of=partitions, idle=tasks - partitions)


def memory(patient: Patient) -> Iterator[Finding]:
    """The heap, where tasks have state. Python workers and RocksDB take their whole share of managed memory when they start: how
    much of it is in use says nothing, and when it is too small, the failure of the job does.
    """
    for running in patient.running:
        if any(vertex.has_state for vertex in patient.flink.vertices(running.job.id)):
            share = patient.flink.heap_in_use(running.job.id)
            yield judged_heap(running.job.name, share)


def judged_heap(job: str, share: float | None) -> Finding:
    """From the share of the heap that state and buffers take, None before the first garbage collection."""
    if share is None:
        return ok("memory", f"{job}: not known before the first garbage collection")
    return HEAP.found(job, share=share) if share >= HEAP_TOO_FULL else ok("memory", f"{job}: {share:.0%} of the heap in use")


def silent_partitions(patient: Patient) -> Iterator[Finding]:
    """Partitions that are silent and yet not read to their end, as the sources count them."""
    for running in patient.running:
        for vertex in patient.flink.vertices(running.job.id):
            if vertex.is_source:
                count = patient.flink.metric_sum(running.job.id, vertex.id, "lagging_partitions")
                yield from judged_silence(vertex.reads, count, young=patient.is_young(running.job))


def judged_silence(source: str, count: float | None, *, young: bool) -> Iterator[Finding]:
    """From the number of them, None before anybody has counted."""
    if count and not young:
        yield WAITING.found(source, count=int(count))


def _patiently(ask: Callable[[], T | None]) -> T | None:
    """The JobManager collects metrics only once somebody asks for them: asks until there is an answer, for some seconds."""
    deadline = time.monotonic() + _METRICS_S
    while (value := ask()) is None and time.monotonic() < deadline:
        time.sleep(0.3)
    return value
