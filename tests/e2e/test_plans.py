"""What Flink makes of the SQL: each topic read once, and nothing whose state would grow for ever."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from connectors.paths import REPOSITORY
from jobs.catalog import JOBS
from tests import quick_jvm

from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(360)]

# Operators whose state has a bound: process table functions forget what the watermark has left behind, and all of a key a month
# after its newest news; the ledger's windows hold a sum per partition.
BOUNDED = {
    *("LocalWindowAggregate", "GlobalWindowAggregate", "ProcessTableFunction"),
    *("TableSourceScan", "Reused", "Calc", "PythonCalc", "Union", "Exchange", "Sink"),
}
# How many functions with state a job has.
FUNCTIONS = {
    "trending": ("hourly_maxima", "post_growth", "post_momentum", "tally"),
    "comments": ("latest_snapshot", "tally"),
    "pipeline": ("hourly_maxima", "post_growth", "post_momentum", "follower_changes", "latest_snapshot", "tally", "tally", "tally"),
}
# Jobs with a join of their own, and the one that does the work of all; planning takes half a minute a job.
READ = {"trending": 2, "comments": 2, "pipeline": 3}


# What `python jobs/NAME.py --explain` does, for one job after the other: most of its time is the start of Python and of a JVM.
EXPLAIN = """
import importlib, sys
from jobs.run import run
for name in sys.argv[1:]:
    print(f"== Job {name} ==")
    if code := run(importlib.import_module(f"jobs.{name}").JOB, ["--explain"]):
        sys.exit(code)
"""


@pytest.fixture(scope="module")
def plans(running_stack: Stack) -> dict[str, list[str]]:
    """The optimized plan of each job, a line per operator."""
    done = subprocess.run(
        [sys.executable, "-c", EXPLAIN, *READ],
        cwd=REPOSITORY,
        env=running_stack.environment(**running_stack.endpoints.values, **quick_jvm.PYFLINK),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for text in done.stdout.split("== Job ")[1:]:
        optimized = text[text.index("== Optimized Execution Plan ==") :]
        found[text.partition(" ==")[0]] = [line.lstrip(" :+-") for line in optimized.splitlines()[1:] if line.strip(" :+-")]
    return found


@pytest.mark.parametrize("name", sorted(READ))
def test_a_plan_reads_each_topic_once_and_has_a_bound_on_its_state(plans: dict[str, list[str]], name: str) -> None:
    lines = plans[name]
    operators = [match[0] for line in lines if (match := re.match(r"\w+(?=\()", line))]
    assert set(operators) <= BOUNDED
    assert operators.count("TableSourceScan") == READ[name] == len(set(JOBS[name].topics_read))
    # Each function is computed once for all of its readers, and so is a score.
    functions = [match[1] for line in lines if (match := re.match(r"ProcessTableFunction\(invocation=\[(\w+)", line))]
    assert sorted(functions) == sorted(FUNCTIONS[name])
    assert sum("comment_sentiment(" in line for line in lines) == (name in ("comments", "pipeline"))
