"""`tokpulse dlq`: list, show and replay records that could not be used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

import typer

from cli.dlq_view import counts, latest, new_fields, print_counts, print_letter, print_new_fields, print_outcomes, values
from cli.progress import Waiting
from cli.times import parse_time_ms
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.kafka.dead_letters import DeadLetter, dlq_topics, unreplayed
from connectors.kafka.log import committed
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.terminal import say
from polling.writing import cursors
from polling.writing.replay import Outcome, Reader, replay

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="List, show, count and replay dead letters.\n\nSee docs/ingestion.md.",
)

Topic = Annotated[str, typer.Argument(help="A topic, or its dead-letter topic.")]
AnyTopic = Annotated[str, typer.Argument(help="A topic, or its dead-letter topic.  [default: all]")]
Reason = Annotated[str, typer.Option(help="Only dead letters with this reason, as `list` shows it.")]
Partition = Annotated[int | None, typer.Option(min=0, help="Only dead letters of this partition.")]
FromOffset = Annotated[int, typer.Option(min=0, help="Only dead letters at this offset or later.")]
ToOffset = Annotated[int | None, typer.Option(min=0, help="Only dead letters at this offset or earlier.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(name="list")
def list_letters(topic: AnyTopic = "", as_json: AsJson = False) -> None:
    """Count dead letters by topic and reason.

    Replayed dead letters are not counted.
    """
    with Waiting("reading the dead letters"):
        rows = counts(_letters(topic, None))
    if as_json:
        say(json.dumps(rows, indent=2))
    elif rows:
        print_counts(rows)
    else:
        say("no dead letters")


@app.command()
def show(
    topic: Topic,
    reason: Reason = "",
    partition: Partition = None,
    from_offset: FromOffset = 0,
    to_offset: ToOffset = None,
    limit: Annotated[int, typer.Option(min=1, help="How many dead letters to show: the newest ones.")] = 10,
    size: Annotated[int, typer.Option("--bytes", min=1, help="How many bytes of each value to show.")] = 2_000,
    as_json: AsJson = False,
) -> None:
    """Show dead letters: reason, headers, value."""
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
    (dlq,) = dlq_topics(load_topics(), topic)
    select = _selection(reason, partition, from_offset, to_offset)
    with Waiting("reading the dead letters"):
        newest, total = latest(unreplayed(lambda: committed(endpoints.kafka_bootstrap_servers, dlq), select), limit)
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        reader = Reader(load_topics(), registry.by_id)
        if as_json:
            say(json.dumps([values(letter, reader, size) for letter in newest], indent=2))
            return
        for letter in newest:
            print_letter(letter, reader, size)
    say(f"{len(newest)} of {total:,} dead letter(s)")


@app.command()
def sweep(
    topic: AnyTopic = "",
    since: Annotated[str, typer.Option(help="Count from this time on: ISO 8601, Unix ms, or -1d.")] = "-1d",
    warn_above: Annotated[int | None, typer.Option(min=0, help="Exit with code 1 when there are more than this.")] = None,
    as_json: AsJson = False,
) -> None:
    """Count dead letters by reason, and new fields, for a daily job.

    With --warn-above the exit code is 1 when there are too many dead letters.
    """
    since_ms = parse_time_ms(since, wall_clock_ms(), "--since")
    with Waiting("reading the dead letters"):
        rows = counts(_letters(topic, since_ms))
        fields = _new_fields(since_ms)
    total = sum(row["letters"] for row in rows)
    over = warn_above is not None and total > warn_above
    if as_json:
        summary = {
            "since": since_ms,
            "letters": total,
            "warn_above": warn_above,
            "over": over,
            "reasons": rows,
            "new_fields": fields,
        }
        say(json.dumps(summary, indent=2))
    else:
        if rows:
            print_counts(rows)
        if fields:
            print_new_fields(fields)
        say(f"{total:,} dead letter(s) since {since}" + (f": more than {warn_above:,}" if over else ""))
    if over:
        raise typer.Exit(1)


@app.command(name="replay")
def replay_letters(
    topic: Topic,
    reason: Reason = "",
    partition: Partition = None,
    from_offset: FromOffset = 0,
    to_offset: ToOffset = None,
    limit: Annotated[int, typer.Option(min=1, help="Look at this many dead letters at most.")] = 100_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be replayed; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write dead letters that are good now to their topic again.

    Use it after a change of schema or code. Each dead letter is replayed once, even after a crash.
    """
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
    topics = load_topics()
    (dlq,) = dlq_topics(topics, topic)
    select = _selection(reason, partition, from_offset, to_offset)
    with SchemaRegistry(endpoints.schema_registry_url) as registry, Waiting("reading the dead letters"):
        outcomes = replay(endpoints.kafka_bootstrap_servers, registry, topics, dlq, select, dry_run, limit)
    if as_json:
        say(json.dumps([_outcome(outcome) for outcome in outcomes], indent=2))
    else:
        print_outcomes(outcomes, dry_run)


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {"topic": outcome.topic, "partition": outcome.partition, "offset": outcome.offset, "problem": outcome.problem}


def _letters(topic: str, since_ms: int | None) -> Iterator[DeadLetter]:
    servers = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS").kafka_bootstrap_servers
    names = dlq_topics(load_topics(), topic)
    for name in names:
        yield from unreplayed(partial(committed, servers, name, since_ms))


def _new_fields(since_ms: int) -> list[dict[str, object]]:
    """Rows of upstream, feed, path within its items, and number, of what pollers read since then; the most frequent first.

    Each feed tells of its last round. Without a schema registry nobody can.
    """
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS")
    if "SCHEMA_REGISTRY_URL" not in endpoints.values:
        return []
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        return new_fields(cursors.read(committed(endpoints.kafka_bootstrap_servers, cursors.TOPIC), registry.by_id), since_ms)


def _selection(reason: str, partition: int | None, first: int, last: int | None) -> Callable[[DeadLetter], bool]:
    def select(letter: DeadLetter) -> bool:
        return (
            (not reason or letter.reason == reason)
            and (partition is None or letter.partition == partition)
            and first <= letter.offset
            and (last is None or letter.offset <= last)
        )

    return select
