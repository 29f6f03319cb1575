"""`tokpulse simulate`."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.progress import RecordProgress
from cli.times import parse_time_ms
from connectors.clock import MINUTE_MS, wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.terminal import say
from simulator.run import Pace, run
from simulator.settings import DEFAULT_START_MS, DEFAULT_VIRAL_FLOOR, POSTS, TOPICS, SimulationSettings
from simulator.sinks import JsonlSink, KafkaSink
from simulator.truth import Truth
from simulator.universe import Universe, build_universe


class Target(StrEnum):
    """Where records go."""

    KAFKA = "kafka"
    JSONL = "jsonl"


class UsageError(TokpulseError):
    """Options that do not go together."""


def command(
    path: Annotated[Path | None, typer.Argument(help="File to write with --to jsonl.")] = None,
    to: Annotated[Target, typer.Option(help="Write to Kafka (KAFKA_BOOTSTRAP_SERVERS) or to a JSONL file.")] = Target.KAFKA,
    seed: Annotated[int, typer.Option(help="The same seed and options give byte-identical records.")] = 7,
    hours: Annotated[int, typer.Option(min=1, help="Number of simulated hours.")] = 26,
    start: Annotated[
        str, typer.Option(help="First simulated time: ISO 8601, Unix ms, now, -26h.  [default: 2026-01-05T00:00:00Z; live: now]")
    ] = "",
    creators: Annotated[int, typer.Option(min=1, help="Number of creators.")] = 50,
    posts: Annotated[int, typer.Option(min=1, help="Number of posts; each is polled every 5 to 15 minutes.")] = 400,
    audience: Annotated[int, typer.Option(min=1, help="Number of commenters; half of them have snapshots.")] = 1_000,
    comments_per_poll: Annotated[float, typer.Option(min=0, help="Average number of comments per poll of a post.")] = 0.3,
    topic: Annotated[list[str] | None, typer.Option(help="Only this topic (repeat for more).  [default: all three]")] = None,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share of records that arrive twice.")] = 0.0,
    out_of_order: Annotated[float, typer.Option(min=0, max=1, help="Share of records that arrive out of order.")] = 0.0,
    max_shift_s: Annotated[int, typer.Option(min=0, help="Longest delay of out-of-order records and duplicates, in seconds.")] = 90,
    late: Annotated[float, typer.Option(min=0, max=1, help="Share of records that arrive late.")] = 0.0,
    lateness_min: Annotated[int, typer.Option(min=0, help="Shortest delay of a late record, in minutes.")] = 10,
    lateness_max: Annotated[int, typer.Option(min=0, help="Longest delay of a late record, in minutes.")] = 180,
    clock_skew_s: Annotated[int, typer.Option(min=0, max=240, help="How far each poller's clock may be off, in seconds.")] = 0,
    idle_partitions: Annotated[int, typer.Option(min=0, help="Number of partitions of the posts topic that get no records.")] = 0,
    idle_from_hour: Annotated[int, typer.Option(min=0, help="Simulated hour from which these partitions get no records.")] = 0,
    malformed: Annotated[int, typer.Option(min=0, help="Number of malformed posts, of 8 kinds in turn.")] = 0,
    oversize_bytes: Annotated[int, typer.Option(min=1_000, help="Size of a malformed post of the kind that is too large.")] = 5
    * 1024
    * 1024,
    gaps: Annotated[float, typer.Option(min=0, max=1, help="Share of posts that are not observed for some hours.")] = 0.0,
    play_corrections: Annotated[float, typer.Option(min=0, max=1, help="Share of posts that lose plays once.")] = 0.0,
    vanishing: Annotated[float, typer.Option(min=0, max=1, help="Share of posts and creators whose counts vanish once.")] = 0.0,
    unknown_authors: Annotated[float, typer.Option(min=0, max=1, help="Share of creators without snapshots.")] = 0.0,
    stale_authors: Annotated[
        float, typer.Option(min=0, max=1, help="Share of creators with only one snapshot, at the start.")
    ] = 0.0,
    viral_floor: Annotated[
        int, typer.Option(min=0, help="Plays of a viral post, in addition to 5 to 40 per follower of its author.")
    ] = DEFAULT_VIRAL_FLOOR,
    rate: Annotated[float, typer.Option(min=0, help="Most records per second (0: no limit).")] = 0.0,
    speed: Annotated[float, typer.Option(min=0, help="Speed as a multiple of real time (0: as fast as possible).")] = 0.0,
    live: Annotated[bool, typer.Option("--live", help="Send each record when the clock reaches its time.")] = False,
    transaction_size: Annotated[int, typer.Option(min=0, help="Records per Kafka transaction (0: no transactions).")] = 0,
    transactional_id: Annotated[
        str, typer.Option(help="Transactional id; a second producer with the same id stops the first.")
    ] = "tokpulse-simulator",
    expected: Annotated[
        Path | None, typer.Option(help="Folder to which labels and expected rows of the marts are written.")
    ] = None,
) -> None:
    """Write simulated data to Kafka or to a file.

    The data are posts, users and comments. The same seed gives the same data. With --expected the expected results are written too.

    Examples: `tokpulse simulate --seed 7 --expected out/`; `tokpulse simulate --to jsonl posts.jsonl --late 0.02`.
    """
    if (to is Target.JSONL) != (path is not None):
        raise UsageError("--to jsonl needs a file, and --to kafka takes none", "tokpulse simulate --to jsonl FILE")
    if live and speed:
        raise UsageError("--live and --speed exclude each other", "--live writes in real time, by this machine's clock")
    started = time.monotonic()
    now_ms = wall_clock_ms()
    start_ms = parse_time_ms(start, now_ms, "--start") if start else now_ms if live else DEFAULT_START_MS
    settings = SimulationSettings(
        seed=seed,
        start_ms=start_ms,
        hours=hours,
        creators=creators,
        posts=posts,
        audience=audience,
        comments_per_poll=comments_per_poll,
        topics=tuple(name for name in TOPICS if name in topic) if topic and set(topic) <= set(TOPICS) else tuple(topic or TOPICS),
        duplicates=duplicates,
        out_of_order=out_of_order,
        max_shift_ms=max_shift_s * 1000,
        late=late,
        min_lateness_ms=lateness_min * MINUTE_MS,
        max_lateness_ms=lateness_max * MINUTE_MS,
        clock_skew_ms=clock_skew_s * 1000,
        idle_partitions=idle_partitions,
        idle_from_hour=idle_from_hour,
        posts_partitions=load_topics()[POSTS].partitions,
        malformed=malformed,
        oversize_bytes=oversize_bytes,
        gaps=gaps,
        play_corrections=play_corrections,
        vanishing=vanishing,
        unknown_authors=unknown_authors,
        stale_authors=stale_authors,
        viral_floor=viral_floor,
    )
    if not live and to is Target.KAFKA and settings.end_ms > now_ms + 5 * MINUTE_MS:
        raise UsageError(
            f"the run would end {(settings.end_ms - now_ms) // MINUTE_MS} min in the future, where records are refused",
            "use an earlier --start, fewer --hours, or --live",
        )
    universe = build_universe(settings)
    pace = Pace(rate=rate, speed=speed, live=live)
    keep = expected is not None
    with RecordProgress("simulate") as progress:
        if path is not None:
            truth = run(settings, universe, JsonlSink(path, settings), pace, progress, keep_truth=keep)
        else:
            truth = _to_kafka(settings, universe, pace, progress, transaction_size, transactional_id, keep)
    if expected is not None:
        truth.write(expected, settings, universe)
    say(_summary(truth, str(path) if path else "Kafka", time.monotonic() - started, expected))


def _to_kafka(
    settings: SimulationSettings,
    universe: Universe,
    pace: Pace,
    progress: RecordProgress,
    transaction_size: int,
    transactional_id: str,
    keep_truth: bool,
) -> Truth:
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
    producing = ProducerSettings(endpoints.kafka_bootstrap_servers, transactional_id=transactional_id if transaction_size else None)
    with SchemaRegistry(endpoints.schema_registry_url) as registry, AvroProducer(producing, registry) as producer:
        return run(settings, universe, KafkaSink(producer, settings, transaction_size), pace, progress, keep_truth=keep_truth)


def _summary(truth: Truth, target: str, seconds: float, expected: Path | None) -> str:
    fates: dict[str, int] = {}
    for counts in truth.counts.values():
        for fate, count in counts.items():
            fates[fate] = fates.get(fate, 0) + count
    parts = ", ".join(f"{count:,} {fate.replace('_', ' ')}" for fate, count in sorted(fates.items()))
    beside = f"; ground truth in {expected}" if expected else ""
    return f"simulate: {truth.total:,} records to {target} in {seconds:.1f} s ({parts}){beside}"
