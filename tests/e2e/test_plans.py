"""What Flink makes of the SQL: each topic read once, and nothing whose state would grow for ever."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from connectors.endpoints import REPOSITORY
from jobs.catalog import JOBS

from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(180)]

# Operators whose state has a bound: windows close, an event-time join and the process table function forget versions that the
# watermark has passed, and what is left per key is dropped by table.exec.state.ttl.
BOUNDED = {
    *("LocalWindowAggregate", "GlobalWindowAggregate", "WindowTableFunction", "OverAggregate", "Deduplicate", "TemporalJoin"),
    "ProcessTableFunction",
    *("TableSourceScan", "Reused", "Calc", "PythonCalc", "Correlate", "PythonCorrelate", "Union", "Exchange", "Sink"),
}
# Jobs with a join of their own, and the one that does the work of all; planning takes half a minute a job.
READ = {"trending": 2, "comments": 2, "pipeline": 3}


def plan(stack: Stack, name: str) -> list[str]:
    """The optimized plan, a line per operator."""
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "jobs" / f"{name}.py"), "--explain"],
        cwd=REPOSITORY,
        env=stack.environment(**stack.endpoints.values),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout[done.stdout.index("== Optimized Execution Plan ==") :]
    return [line.lstrip(" :+-") for line in text.splitlines()[1:] if line.strip(" :+-")]


@pytest.mark.parametrize("name", sorted(READ))
def test_a_plan_reads_each_topic_once_and_has_a_bound_on_its_state(running_stack: Stack, name: str) -> None:
    lines = plan(running_stack, name)
    operators = [match[0] for line in lines if (match := re.match(r"\w+(?=\()", line))]
    assert set(operators) <= BOUNDED
    assert operators.count("TableSourceScan") == READ[name] == len(set(JOBS[name].topics_read))
    assert operators.count("TemporalJoin") == (name in ("trending", "pipeline"))
    assert operators.count("ProcessTableFunction") == (name in ("comments", "pipeline"))
    # A verdict and a score are computed once for all of their readers.
    assert sum("trending_verdict(" in line for line in lines) == (name in ("trending", "pipeline"))
    assert sum("comment_sentiment(" in line for line in lines) == (name in ("comments", "pipeline"))
