"""`python -m bench`: starts of jobs, the whole pipeline, throughput beside yardsticks, latency, size of state, comments and
their scorer, pages into Kafka, queries of dashboards."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from bench import comments, dashboards, latency, machine, pipeline, producer, repeats, sentiment, start, state, throughput
from bench.progress import Progress
from connectors.errors import TokpulseError

PARTS = ("start", "pipeline", "throughput", "latency", "state", "comments", "sentiment", "producer", "repeats", "dashboards")


def parser() -> argparse.ArgumentParser:
    """The options; without any, the figures that the project promises."""
    result = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    result.add_argument("--records", type=int, default=10_000_000, help="posts in the topic (default: 10000000)")
    result.add_argument("--posts", type=int, default=300_000, help="posts that the pipeline part observes (default: 300000)")
    result.add_argument("--comments", type=int, default=1_000_000, help="comments in the topic (default: 1000000)")
    result.add_argument("--rounds", type=int, default=3, help="turns of each contender (default: 3)")
    result.add_argument("--hours", type=int, default=12, help="hours that close in the latency part (default: 12)")
    result.add_argument("--only", choices=PARTS, help="one of the parts")
    result.add_argument(
        "--json", type=Path, metavar="FILE", help="write all figures to FILE, with machine, versions, load and commit"
    )
    return result


def main() -> int:
    """Runs what was asked for. Returns 1 with one line on stderr when something failed, or a result was wrong."""
    arguments = parser().parse_args()
    if min(arguments.records, arguments.posts, arguments.comments, arguments.rounds, arguments.hours) < 1:
        parser().error("--records, --posts, --comments, --rounds and --hours are at least 1")
    # The default for this signal would leave a stack behind.
    signal.signal(signal.SIGTERM, _exit)
    progress = Progress()
    report: dict[str, Any] = {"started_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine.describe()}
    host = report["machine"]
    print(f"{host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, load average before start {host['load_average']}")
    wanted = (arguments.only,) if arguments.only else PARTS
    try:
        if "start" in wanted:
            starts = start.measure(arguments.rounds, progress)
            report["start"] = starts.figures()
            print(f"\n{starts.text()}", flush=True)
        if "pipeline" in wanted:
            whole = pipeline.measure(arguments.posts, arguments.records, progress)
            report["pipeline"] = whole.figures()
            print(f"\n{whole.text()}", flush=True)
        if "throughput" in wanted:
            speed = throughput.measure(arguments.records, arguments.rounds, progress)
            report["throughput"] = speed.figures()
            print(f"\n{speed.text()}", flush=True)
        if "latency" in wanted:
            delay = latency.measure(arguments.hours, progress)
            report["latency"] = delay.figures()
            print(f"\n{delay.text()}", flush=True)
        if "state" in wanted:
            size = state.measure(progress)
            report["state"] = size.figures()
            print(f"\n{size.text()}", flush=True)
        if "comments" in wanted:
            rates = comments.measure(arguments.comments, arguments.rounds, progress)
            report["comments"] = rates.figures()
            print(f"\n{rates.text()}", flush=True)
        if "sentiment" in wanted:
            scorers = sentiment.measure(progress)
            report["sentiment"] = scorers.figures()
            print(f"\n{scorers.text()}", flush=True)
        if "producer" in wanted:
            written = producer.measure(arguments.rounds, progress)
            report["producer"] = written.figures()
            print(f"\n{written.text()}", flush=True)
        if "repeats" in wanted:
            kept = repeats.measure(progress)
            report["repeats"] = kept.figures()
            print(f"\n{kept.text()}", flush=True)
        if "dashboards" in wanted:
            boards = dashboards.measure(max(arguments.rounds, dashboards.LEAST_ROUNDS), progress)
            report["dashboards"] = boards.figures()
            print(f"\n{boards.text()}", flush=True)
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
