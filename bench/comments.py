"""Comments per second of the whole comments job, beside plain PyFlink with vaderSentiment, in turn over the same topics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.clickhouse_queries import check_comments, empty_tables
from bench.comment_stream import FREQUENT, CommentStream
from bench.figures import Spread, ratios, table
from bench.flink_runs import run_line, submit_line, times, unbroken, yardstick_line
from bench.own_stack import PARALLELISM, OwnStack, own_stack
from bench.progress import Progress
from connectors.clickhouse.client import connect

WHOLE = "comments job into ClickHouse"
PLAIN = "plain PyFlink + vaderSentiment into ClickHouse"
VECTORIZED = "the same, vectorized, with our job's options"
SCORED = "the same into blackhole, without the join"
SCORE_ONLY = "--score-only"
TUNED = "--tuned"
# Of a million comments, how many have one of the frequent texts.
SHARES = (300_000, 0)
WRITTEN = ("comments_log", "comments_late_snapshots_log", "pipeline_ledger_entries")


@dataclass
class CommentsSpeed:
    """Comments/s of each contender, one value per round, by share of repeated texts."""

    comments: int
    rates: dict[int, dict[str, list[float]]] = field(default_factory=dict)

    def text(self) -> str:
        """A table per share."""
        lines = []
        for share, rates in self.rates.items():
            rows = [(name, *Spread.of(values).cells(",.0f")) for name, values in rates.items()]
            rows += [
                (f"ratio to {name}", *Spread.of(ratios(rates[WHOLE], rates[name])).cells(".2f"))
                for name in (PLAIN, VECTORIZED, SCORED)
            ]
            title = f"comments/s, {share / 10_000:.0f} % from {FREQUENT} texts"
            lines.append(table((title, "min", "median", "max"), rows))
        lines.append(f"{self.comments:,} comments, parallelism {PARALLELISM}, from all tasks RUNNING to FINISHED.")
        return "\n\n".join(lines)

    def figures(self) -> dict[str, Any]:
        """The same for JSON, with every round."""
        shares = {f"{share / 1_000_000:.2f}": rates for share, rates in self.rates.items()}
        return {"comments": self.comments, "comments_per_second_by_repeated_share": shares}


def measure(comments: int, rounds: int, progress: Progress) -> CommentsSpeed:
    """Starts a stack for each share of repeated texts. Raises BenchError for a wrong result."""
    result = CommentsSpeed(comments)
    for share in SHARES:
        with own_stack() as stack:
            with stack.producer() as producer:
                CommentStream(comments, share).write(producer, progress.counter("writing comments"))
            result.rates[share] = _turns(stack, comments, rounds, progress)
    return result


def _turns(stack: OwnStack, comments: int, rounds: int, progress: Progress) -> dict[str, list[float]]:
    lines = {
        WHOLE: submit_line("--bounded", "--parallelism", str(PARALLELISM), job="comments"),
        PLAIN: yardstick_line(stack, "plain_comments_job.py"),
        VECTORIZED: yardstick_line(stack, "plain_comments_job.py", TUNED),
        SCORED: yardstick_line(stack, "plain_comments_job.py", TUNED, SCORE_ONLY),
    }
    contenders: dict[str, Callable[[], float]] = {
        WHOLE: lambda: _into_clickhouse(WHOLE, lines[WHOLE], stack, comments),
        PLAIN: lambda: _into_clickhouse(PLAIN, lines[PLAIN], stack, comments),
        VECTORIZED: lambda: _into_clickhouse(VECTORIZED, lines[VECTORIZED], stack, comments),
        SCORED: lambda: unbroken(SCORED, times(run_line(lines[SCORED], stack), stack)),
    }
    with progress.waiting(f"warm-up, not counted: {WHOLE}"):
        contenders[WHOLE]()
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(1, rounds + 1):
        for name, contender in contenders.items():
            with progress.waiting(f"round {number} of {rounds}: {name}"):
                seconds = contender()
            rates[name].append(comments / seconds)
            progress.line(f"round {number} of {rounds}: {name}: {comments / seconds:,.0f} comments/s ({seconds:.1f} s)")
    return rates


def _into_clickhouse(name: str, line: list[str], stack: OwnStack, comments: int) -> float:
    client = connect(stack.endpoints.clickhouse_url)
    try:
        empty_tables(client, *WRITTEN)
        seconds = unbroken(name, times(run_line(line, stack), stack))
        check_comments(client, comments)
        empty_tables(client, *WRITTEN)
    finally:
        client.close()
    return seconds
