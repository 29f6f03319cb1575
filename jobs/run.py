"""What every job module does when `flink run` starts it: settings, build, check against ClickHouse, execute."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from connectors.clickhouse.schema import check_sinks
from connectors.errors import TokpulseError
from connectors.terminal import say
from jobs.build import build, table_environment
from jobs.definition import JobDefinition
from jobs.execution import execute
from jobs.failure import tell
from jobs.operators import planned, stored
from jobs.restored import check_restored, recovery_path
from jobs.settings import check_sentiment, parse, resolve
from jobs.state_fit import Comparison
from thresholds.publish import establish


def run(job: JobDefinition, argv: Sequence[str]) -> int:
    """Runs `job` with the arguments of a `flink run -py` line. Returns the exit code; errors are one line each on stderr."""
    arguments = parse(job.name, argv)
    try:
        settings = resolve(arguments)
        if settings.backfill:
            job = job.backfilling(settings.backfill)
        if job.scores:
            unusable = check_sentiment()
            if unusable:
                say(f"warning: {unusable}: until the workers can use it, the lexicon scores, and rows say so", err=True)
        t_env = table_environment(job, settings)
        check_restored(arguments.compare or recovery_path(t_env))
        before = stored(arguments.compare) if arguments.compare else ()
        statements = build(t_env, job, settings)
        if arguments.compare:
            say(Comparison(planned(t_env, statements, job), before).line())
            return 0
        if arguments.explain:
            say(statements.explain())
            return 0
        if job.uses_thresholds:
            # An emptied database gets the versions back that judged its rows before.
            for line in establish(settings.endpoints):
                say(line)
        check_sinks(job.clickhouse, t_env, settings.endpoints.clickhouse_url)
        client = execute(t_env, statements, job)
        if settings.wait:
            client.get_job_execution_result().result()
    except TokpulseError as error:
        tell(error)
        return 1
    except Exception:  # py4j errors carry a whole JVM stack trace: print it where the client's log is kept
        say(traceback.format_exc(), err=True)
        return 1
    return 0
