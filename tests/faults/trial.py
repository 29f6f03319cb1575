"""One trial: load, a fault in the middle of it, quiet, and the audit."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from connectors.clock import HOUR_MS
from simulator.upstream.ledger import read_ledger
from stack.settings import StackSettings
from tests.e2e.records import now_ms, producing
from tests.e2e.stack_process import Stack
from tests.waiting import until

from .audit import Evidence, Question, amplification, collect, judge
from .cluster import AWAY, Cluster, Poller, fake_upstream
from .given import CLOSING_MS, SLOT_MS, Given, Sending, Universe, close_hours
from .kinds import KINDS, Hit, Scene
from .patched import PROXIED, QUICK, Patch, patched_copy
from .proxy import proxying

LOAD_S = 10.0
RECOVERY_S = 180.0
QUIET_S = 120.0
# What is written at the very end of a trial may need a moment; what is still wrong then is wrong.
SETTLING_S = 30.0


@dataclass
class Trial:
    """What came of one. Times in seconds; `recovery_s` is from the end of the fault until newer rows are in ClickHouse."""

    kind: str
    seed: int
    number: int
    at: str
    fault_at_s: float = 0.0
    landed: bool = False
    proof: str = ""
    lasted_s: float = 0.0
    recovery_s: float | None = None
    quiet_s: float | None = None
    wall_s: float = 0.0
    records: int = 0
    rows: int = 0
    amplification: dict[str, float] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing twice."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """For the file of all trials."""
        return {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(self).items()}


@dataclass
class Session:
    """A stack that serves trial after trial: each has an hour of its own, and is audited with all that were before it."""

    cluster: Cluster
    universe: Universe
    seed: int
    given: Given = field(default_factory=Given)
    # How long rows may take to flow again, and whether the job has checkpoints.
    recovery_s: float = RECOVERY_S
    has_checkpoints: bool = True
    slot: int = 0
    evidence: Evidence | None = None
    question: Question | None = None

    def is_fit(self) -> bool:
        """Whether another trial may follow one that broke off: its audit is one of this one, too."""
        try:
            self.cluster.await_running(30)
        except Exception:
            return False
        return True

    def run(self, name: str) -> Trial:
        """One trial. Whatever goes wrong is a finding of it."""
        begun, stamp = time.monotonic(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        trial = Trial(name, self.seed, self.slot, stamp)
        self.cluster.notes.clear()
        try:
            self._run(trial)
        except Exception as error:
            trial.findings.append(f"the trial broke off: {type(error).__name__}: {' '.join(str(error).split())[:600]}")
        trial.notes = list(self.cluster.notes)
        trial.wall_s = time.monotonic() - begun
        self.slot += 1
        return trial

    def _run(self, trial: Trial) -> None:
        cluster, dice = self.cluster, random.Random(f"{self.seed} {self.slot} {trial.kind}")
        begin_ms = self.universe.start_ms + self.slot * SLOT_MS
        deliveries = self.universe.hour(self.slot)
        trial.records, trial.fault_at_s = len(deliveries), dice.uniform(0.15, 0.7) * LOAD_S
        cluster.poller.start()
        cluster.notes += cluster.poller.ensure(2)
        with producing(cluster.stack.endpoints) as producer, producing(cluster.stack.endpoints) as other:
            sending = Sending(producer, self.given, deliveries, LOAD_S)
            begun = time.monotonic()
            sending.start()
            try:
                until(lambda: time.monotonic() >= begun + trial.fault_at_s, LOAD_S, "the moment of the fault")
                sent = deliveries[: max(10, int(sending.share * len(deliveries)))]
                hit = KINDS[trial.kind](Scene(cluster, other, self.given, f"{self.slot}", begin_ms, dice, sent))
                trial.landed, trial.proof, trial.lasted_s = hit.landed, hit.proof, hit.lasted_s
                marker_ms = sending.newest_post_ms
                sending.fault_over.set()
                try:
                    trial.recovery_s = self._recovered(hit, marker_ms, begin_ms + HOUR_MS)
                except AssertionError as error:
                    trial.findings.append(str(error))
            finally:
                sending.finish(150)
            close_hours(producer, self.given, begin_ms + CLOSING_MS)
        cluster.notes += cluster.poller.ensure(10)
        if (code := cluster.poller.stop()) != 0:
            cluster.notes.append(f"the poller ended with code {code}")
        self._audit(trial, begin_ms + HOUR_MS)

    def _recovered(self, hit: Hit, marker_ms: int, before_ms: int) -> float:
        """Seconds from the end of the fault until a simulated post that was sent after it is in ClickHouse."""
        until(lambda: self.cluster.newest_post_ms(before_ms) > marker_ms, self.recovery_s, "rows flow again")
        return time.monotonic() - hit.over_at

    def _audit(self, trial: Trial, final_ms: int) -> None:
        cluster, begun = self.cluster, time.monotonic()
        cluster.await_running()
        if self.has_checkpoints:
            job = cluster.job()
            done = until(lambda: cluster.stack.checkpoints(job) + 2, QUIET_S, "checkpoints are known", ignoring=AWAY)
            until(lambda: cluster.stack.checkpoints(job) >= done, QUIET_S, "two checkpoints are complete", ignoring=AWAY)
        self.question = Question(self.given, read_ledger(cluster.poller.manifest), cluster.poller.since, final_ms)
        findings, deadline = ["nothing was audited"], time.monotonic() + SETTLING_S
        while findings:
            self.evidence = collect(cluster.stack, "faults")
            findings = judge(self.evidence, self.question)
            trial.quiet_s = time.monotonic() - begun
            if time.monotonic() > deadline:
                break
        if orphans := cluster.orphans():
            findings.append(f"{len(orphans)} Python workers have no TaskManager")
        trial.findings += findings
        assert self.evidence is not None
        trial.rows = sum(len(rows) for rows in self.evidence.tables.values())
        trial.amplification = amplification(self.evidence)


@contextmanager
def session(folder: Path, seed: int, trials: int, patches: Sequence[Patch] = ()) -> Iterator[Session]:
    """A running session for at most so many trials; stopped, with everything it started, on leaving.

    The services are those of a copy of the project, which reach ClickHouse by a proxy, and in which `patches` are made.
    """
    start_ms = now_ms() // HOUR_MS * HOUR_MS - (trials + 1) * SLOT_MS
    stack = Stack(folder / "data", patched_copy(folder / "project", (PROXIED, *QUICK, *patches)))
    with (
        fake_upstream(folder, seed + 1_000) as fake,
        proxying(lambda: StackSettings.load({}, stack.data).ports["clickhouse"]) as proxy,
    ):
        poller = Poller(stack, folder, fake)
        cluster = Cluster(stack, poller, max(24, (trials + 2) * SLOT_MS // HOUR_MS), proxy)
        try:
            cluster.up()
            cluster.submit()
            cluster.await_running()
            yield Session(cluster, Universe(seed, start_ms, trials), seed)
        finally:
            poller.close()
            stack.stop()
