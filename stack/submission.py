"""The `flink run` line of a job: its words, its environment, what its output means, and how the supervisor runs it again."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.endpoints import Endpoints, mask_password, same_address
from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY, SQL_DIR
from connectors.preflight import check_services
from jobs.catalog import JOBS
from jobs.failure import ERROR_PREFIX, reported
from jobs.options import PIPELINE_LIVE, TUNING
from jobs.state_fit import Comparison, described, misfits
from stack import process
from stack.kept_jobs import KeptJob
from stack.service import STACK_MARK, base_environment
from stack.settings import StackSettings
from udfs.sentiment import settings as sentiment

_JOB_ID = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")
# Planning takes half a minute of two busy cores: what takes longer than this hangs.
_CLIENT_S = 300.0
# What a job needs of its stack; nobody keeps it running against another's.
_OF_THE_STACK = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL", "FLINK_REST_URL")
# No job migrates or forgets.
_WITHHELD = "CLICKHOUSE_ADMIN_URL"

# Of the project; what ClickHouse alone reads is no part of a plan.
_PLANNED_FROM, _PLANNED_KINDS = ("sql", "jobs", "udfs", "connectors/kafka"), (".sql", ".py", ".yaml", ".avsc")


@dataclass(frozen=True)
class Fit:
    """Why a state does not fit a plan, a line for each operator, or why nobody could tell."""

    reasons: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Submission:
    """How a `flink run` line ended: the id of its job, "" for none, and why it failed, "" when it did not."""

    job_id: str
    problem: str = ""


def flink_run_line(
    endpoints: Endpoints,
    job: str,
    *,
    run_id: str,
    bounded: bool,
    parallelism: int | None,
    detached: bool,
    arguments: Sequence[str],
    savepoint: str = "",
) -> list[str]:
    """The `flink run` command as a list of words. Endpoints reach the job through the environment, not through this line."""
    line = [str(endpoints.flink_home / "bin" / "flink"), "run"]
    if detached:
        line.append("--detached")
    if parallelism is not None:
        line += ["--parallelism", str(parallelism)]
    if savepoint:
        line += ["--fromSavepoint", savepoint]
    line += ["-pyclientexec", sys.executable, "-pyexec", sys.executable]
    line += ["-py", str(REPOSITORY / "jobs" / f"{job}.py"), "--run-id", run_id]
    if bounded:
        line.append("--bounded")
    if not detached:
        line.append("--wait")
    return [*line, *arguments]


def environment(endpoints: Endpoints) -> dict[str, str]:
    """What the client needs beside the line: the variables of `.stack/env`, but for the admin's."""
    return {name: value for name, value in {**os.environ, **endpoints.values}.items() if name != _WITHHELD}


def kept_environment(kept: KeptJob, inherited: Mapping[str, str]) -> dict[str, str]:
    """`inherited` with the settings that the job was submitted with: whoever submits it again has others in his environment."""
    own = {*variables(), PIPELINE_LIVE}
    others = {name: value for name, value in inherited.items() if name not in own and not name.startswith(sentiment.PREFIX)}
    return {**others, **kept.environment}


def environment_to_keep() -> dict[str, str]:
    """The settings of this process that are no options of the job: those of sentiment, and what the pipeline is made of."""
    names = [*(f"{sentiment.PREFIX}{name}" for name in sentiment.VARIABLES), PIPELINE_LIVE]
    return {name: value for name in names if (value := os.environ.get(name))}


def is_local(endpoints: Endpoints, settings: StackSettings) -> bool:
    """Whether the Flink of `endpoints` is that of the local stack."""
    own = Endpoints.from_env({}, settings.data).values.get("FLINK_REST_URL", settings.flink_rest_url)
    return same_address(own, endpoints.flink_rest_url)


def foreign(endpoints: Endpoints, settings: StackSettings) -> str:
    """Why the local stack cannot keep a job of `endpoints` running, "" when it can: it submits with what is in its env file."""
    own = Endpoints.from_env({}, settings.data)
    others = [name for name in _OF_THE_STACK if not same_address(own.values.get(name, ""), endpoints.values.get(name, ""))]
    return f"{', '.join(others)}: not what {own.env_file} says" if others else ""


def submitted_id(text: str) -> str:
    """The id of the job that Flink has accepted, from what the client prints; "" when it says none."""
    match = _JOB_ID.search(text)
    return match[1] if match else ""


def reason(lines: list[str], code: int) -> tuple[str, str]:
    """Message and hint for a failed `flink run`: the job's own error, else the innermost cause, else the exit code."""
    if own := reported(lines):
        return mask_password(own[0]), own[1]
    causes = [text.strip().removeprefix("Caused by: ") for text in lines if text.strip().startswith("Caused by: ")]
    # The client adds a chain of its own, which only says that the program has ended.
    informative = [text for text in causes if ": " in text and not re.search("ProgramAbortException|Python process exits", text)]
    if informative:
        return (
            f"flink run failed: {mask_password(informative[-1].split(': ', 1)[1])[:500]}",
            "`tokpulse --debug submit` shows the whole trace",
        )
    return f"flink run ended with exit code {code}", "`tokpulse --debug submit` shows what it printed"


@dataclass(frozen=True)
class Client:
    """Runs the line of a kept job without a terminal, and waits for its end; until `stop` is set, and then results are None.

    What it printed is in `<data>/logs/submit-JOB.out`.
    """

    settings: StackSettings
    stop: threading.Event

    def obstacle(self, kept: KeptJob) -> str:
        """Why submitting the job would fail at once, for no fault of its own; "" when everything that it needs is there."""
        try:
            check_services(Endpoints.from_env({}, self.settings.data).require(), JOBS[kept.job].topics)
        except TokpulseError as error:
            return error.message
        return ""

    def submit(self, kept: KeptJob, savepoint: str) -> Submission | None:
        """Submits the job, from `savepoint` if that is not empty."""
        ended = self._run(kept, savepoint=savepoint)
        if ended is None:
            return None
        code, lines = ended
        job_id = next(filter(None, map(submitted_id, lines)), "")
        return Submission(job_id, "" if code == 0 and job_id else reason(lines, code)[0])

    def compare(self, kept: KeptJob, checkpoint: str, plan: str) -> Fit | None:
        """Whether the state of `checkpoint`, of a job with `plan` (as `FlinkRest.operators` has it), fits the plan of now."""
        if not plan:
            return Fit(problem="SQL or functions have changed, and nobody knows what its plan was: ids alone do not tell")
        ended = self._run(kept, "--compare", checkpoint)
        if ended is None:
            return None
        code, lines = ended
        compared = Comparison.printed(lines)
        if compared is None:
            return Fit(problem=reason(lines, code)[0])
        return Fit(tuple(misfits(described(compared.stored, plan), compared.planned)))

    def _run(self, kept: KeptJob, *more: str, savepoint: str = "") -> tuple[int, list[str]] | None:
        endpoints = Endpoints.from_env({}, self.settings.data)
        line = flink_run_line(
            endpoints,
            kept.job,
            run_id=kept.run_id,
            bounded=False,
            parallelism=kept.parallelism,
            detached=True,
            arguments=[*kept.arguments, *more],
            savepoint=savepoint,
        )
        data = str(self.settings.data)
        services = {name: value for name, value in endpoints.values.items() if name != _WITHHELD}
        inherited = base_environment({**services, "TOKPULSE_DATA": data, STACK_MARK: data})
        log = self.settings.logs / f"submit-{kept.job}.out"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)
        child = process.start(line, log=log, cwd=REPOSITORY, env=kept_environment(kept, inherited))
        process.waited_for.add(child.pid)
        leader = process.ProcessId.of(child.pid) or process.ProcessId(child.pid, time.time())
        deadline = time.monotonic() + _CLIENT_S
        while child.poll() is None:
            if self.stop.wait(0.2) or time.monotonic() > deadline:
                # Reaped in the background, or the dead client looks alive.
                threading.Thread(target=_reap, args=(child,), daemon=True).start()
                process.stop(leader, 5.0)
                return None if self.stop.is_set() else (1, [f"{ERROR_PREFIX}flink run did not end within {_CLIENT_S:.0f} s"])
        process.waited_for.discard(child.pid)
        return child.returncode, log.read_text(encoding="utf-8", errors="replace").splitlines()


def _reap(child: subprocess.Popen[bytes]) -> None:
    child.wait()
    process.waited_for.discard(child.pid)


def code_version() -> str:
    """Changes with whatever a plan is made of: the SQL of jobs, their Python, the functions."""
    files = [path for folder in _PLANNED_FROM for path in (REPOSITORY / folder).rglob("*") if path.suffix in _PLANNED_KINDS]
    digest = hashlib.sha256()
    for path in sorted(path for path in files if SQL_DIR / "clickhouse" not in path.parents):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(REPOSITORY)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def variables() -> dict[str, str]:
    """Environment variable -> option of a job."""
    return {f"TOKPULSE_{name.upper()}": f"--{name.replace('_', '-')}" for name in TUNING}
