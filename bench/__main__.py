"""`python -m bench`: starts of jobs, the whole pipeline, throughput beside yardsticks, latency of hours and of alerts, a steady
stream, size of state, comments and their scorer, pages and LIVE rooms into Kafka, queries of dashboards."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from bench import (
    comments,
    dashboards,
    latency,
    live_rooms,
    machine,
    momentum,
    pipeline,
    producer,
    repeats,
    sentiment,
    start,
    state,
    steady,
    throughput,
)
from bench.progress import Progress
from connectors.errors import TokpulseError


class Part(Protocol):
    """What a measurement has found."""

    def text(self) -> str:
        """The tables for the terminal."""

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""


PARTS: Mapping[str, Callable[[argparse.Namespace, Progress], Part]] = {
    "start": lambda asked, progress: start.measure(asked.rounds, progress),
    "pipeline": lambda asked, progress: pipeline.measure(asked.posts, asked.records, progress),
    "throughput": lambda asked, progress: throughput.measure(asked.records, asked.rounds, progress),
    "latency": lambda asked, progress: latency.measure(asked.hours, progress),
    "momentum": lambda asked, progress: momentum.measure(min(asked.seconds, momentum.MOST_S), progress),
    "steady": lambda asked, progress: steady.measure(asked.seconds, progress),
    "state": lambda _, progress: state.measure(progress),
    "comments": lambda asked, progress: comments.measure(asked.comments, asked.rounds, progress),
    "sentiment": lambda _, progress: sentiment.measure(progress),
    "producer": lambda asked, progress: producer.measure(asked.rounds, progress),
    "repeats": lambda _, progress: repeats.measure(progress),
    "live": lambda asked, progress: live_rooms.measure(min(asked.seconds, live_rooms.MOST_S), progress),
    "dashboards": lambda asked, progress: dashboards.measure(max(asked.rounds, dashboards.LEAST_ROUNDS), progress),
}


def parser() -> argparse.ArgumentParser:
    """The options; without any, the figures that the project promises."""
    result = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    result.add_argument("--records", type=int, default=10_000_000, help="posts in the topic (default: 10000000)")
    result.add_argument("--posts", type=int, default=300_000, help="posts that the pipeline part observes (default: 300000)")
    result.add_argument("--comments", type=int, default=1_000_000, help="comments in the topic (default: 1000000)")
    result.add_argument("--rounds", type=int, default=3, help="turns of each contender (default: 3)")
    result.add_argument("--hours", type=int, default=12, help="hours that close in the latency part (default: 12)")
    result.add_argument("--seconds", type=int, default=1_800, help="length of the steady part (default: 1800)")
    result.add_argument("--only", choices=PARTS, help="one of the parts")
    result.add_argument(
        "--json", type=Path, metavar="FILE", help="write all figures to FILE, with machine, versions, load and commit"
    )
    return result


def main() -> int:
    """Runs what was asked for. Returns 1 with one line on stderr when something failed, or a result was wrong."""
    arguments = parser().parse_args()
    if min(arguments.records, arguments.posts, arguments.comments, arguments.rounds, arguments.hours, arguments.seconds) < 1:
        parser().error("--records, --posts, --comments, --rounds, --hours and --seconds are at least 1")
    # The default for this signal would leave a stack behind.
    signal.signal(signal.SIGTERM, _exit)
    progress = Progress()
    report: dict[str, Any] = {"started_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine.describe()}
    host = report["machine"]
    print(f"{host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, load average before start {host['load_average']}")
    wanted = [arguments.only] if arguments.only else list(PARTS)
    try:
        for name in wanted:
            part = PARTS[name](arguments, progress)
            report[name] = part.figures()
            print(f"\n{part.text()}", flush=True)
    except TokpulseError as error:
        print(f"error: {error.message}\n{error.hint}".strip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the stack is down", file=sys.stderr)
        return 130
    finally:
        # Also what was measured before a failure.
        if arguments.json is not None:
            arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
