"""The trials that were run, kept in docs/faults.json, and the page docs/faults.md that is made of them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from connectors.files import replace_file
from connectors.paths import REPOSITORY

from .kinds import KINDS

KEPT = REPOSITORY / "docs" / "faults.json"
PAGE = REPOSITORY / "docs" / "faults.md"
_EMPTY: dict[str, Any] = {"runs": [], "trials": [], "controls": []}
# With fewer trials nobody knows a 95th percentile.
_LEAST_FOR_P95 = 20
AUDIT_INPUT = "the audit's input"
# Of what one trial found, on the page; the file has all of it.
_SHOWN = 300

_HEAD = """\
# Faults

What `make faults` has found so far. A trial runs the whole stack: the live `pipeline` job, which `tokpulse submit` has started
and which the stack keeps running, `tokpulse poll` against the fake upstream, and a producer of simulated records. A fault comes
at a seeded random moment of the load. When everything is quiet again (two checkpoints), all tables, result topics and
dead-letter queues are compared with a recomputation that shares no code with the jobs, and the topics with what the producer
sent and with what the upstream wrote down that it served. Trials of a run share a stack: each is audited with all before it. In
trials up to 30 November 2026 the harness itself submitted the job again, and deltas came at the end of a trial only: few faults
fell into an open transaction.

This page is made of [faults.json](faults.json) by `python -m tests.faults --page`. Do not edit it.

"""
_HOW = """\
## How to run it

```
make faults
.venv/bin/python -m tests.faults --kinds kill-taskmanager,poison --trials 20 --minutes 30 --seed 7
.venv/bin/python -m tests.faults --controls   # variants of the product that are broken: the audit must catch them
```

Every run adds to the file. A kind is a function in `tests/faults/kinds.py`, with its name in the line above it. The same seed gives
the same records, kinds and moments; what the processes are doing at that moment differs.

| column | meaning |
|---|---|
| hits | trials with proof that the fault landed, which is in the file: the log of a death by SIGKILL, the state of a process, ... |
| clean | trials after which nothing was lost, doubled, extra or different |
| recovery | seconds from the fault (after a stop: from its end) until a post that was sent later is in ClickHouse |
| p95 | of 20 trials or more |
| wall | seconds of a whole trial, the median; 10 of them are the load |
| amplification | rows stored per row that readers see at the end of a trial, the most of any table: repeats not merged yet |

## Faults that other tests show

- `tests/faults/test_torn_files.py`: kill -9 of the writer of 12 small files, at up to 50 places of each, and before the rename.
- `tests/e2e/test_poller_kills.py`: kill -9 of a poller between any two of request, produce and commit; pollers that stood still.
- `tests/e2e/test_poison.py`: 1,000 bad records among 200,000. `tests/e2e/test_load.py`: kills under 50 ways for records to arrive.

## What it does not show

- Everything runs on one machine. No power failure, no lost disk, no clock that jumps, no slow network.
- A full disk is a limit on the size of files (`RLIMIT_FSIZE`): writes fail with EFBIG, not with ENOSPC.
- Services reach ClickHouse through a proxy of the harness, which is a patch of one line in a copy of the project.
- The restart strategy forgets earlier failures after 15 s instead of 5 min, checkpoints are 2 s apart instead of 10, and no
  partition counts as idle: faults come faster here than in any night.
- Zero failures in n trials bound the rate of failure at 3/n, at 95 %.
"""


def load(path: Path = KEPT) -> dict[str, Any]:
    """All that is kept."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else json.loads(json.dumps(_EMPTY))


def add(trials: Sequence[Mapping[str, Any]], run: Mapping[str, Any] | None = None, path: Path = KEPT) -> None:
    """Adds trials, and a run that they are of; on disk when it returns."""
    kept = load(path)
    kept["trials"] += trials
    kept["runs"] += [run] if run else []
    _save(kept, path)


def add_controls(controls: Sequence[Mapping[str, Any]], path: Path = KEPT) -> None:
    """Adds what the audit said of input, or of products, that are broken on purpose."""
    kept = load(path)
    kept["controls"] += controls
    _save(kept, path)


def _save(kept: Mapping[str, Any], path: Path) -> None:
    replace_file(path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n", durable=True)


def write_page(kept: Path = KEPT, page: Path = PAGE) -> None:
    """Makes the page anew."""
    replace_file(page, text(load(kept)))


def text(kept: Mapping[str, Any]) -> str:
    """The page."""
    trials: list[dict[str, Any]] = kept["trials"]
    return "\n".join([_HEAD + _totals(kept), _by_kind(trials), _not_clean(trials), _controls(kept["controls"]), _runs(kept), _HOW])


def is_void(trial: Mapping[str, Any]) -> bool:
    """Whether the harness broke off before there was a fault: it says nothing of the product."""
    return not trial["landed"] and not trial["rows"]


def _totals(kept: Mapping[str, Any]) -> str:
    void = [trial for trial in kept["trials"] if is_void(trial)]
    controls = [trial for trial in kept["trials"] if trial["kind"] == "none"]
    trials = [trial for trial in kept["trials"] if trial["kind"] != "none" and not is_void(trial)]
    hits, clean = sum(trial["landed"] for trial in trials), sum(not trial["findings"] for trial in trials)
    hours = sum(trial["wall_s"] for trial in kept["trials"]) / 3600
    return (
        f"**{len(trials)} trials with a fault, {hits} with proof that it landed, {clean} clean**, in {hours:.1f} h;"
        f" {len(controls)} control trials without one; {len(void)} void, in which the harness broke off before its fault.\n"
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The least of `values` that so many are not above; they must not be empty."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _by_kind(trials: Sequence[Mapping[str, Any]]) -> str:
    kinds: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for trial in trials:
        if not is_void(trial):
            kinds[trial["kind"]].append(trial)
    lines = [
        "| fault | trials | hits | clean | recovery p50 | p95 | longest | wall | amplification |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, found in kinds.items():
        times = [trial["recovery_s"] for trial in found if trial["recovery_s"] is not None]
        p95 = f"{quantile(times, 0.95):.1f}" if len(times) >= _LEAST_FOR_P95 else ""
        seconds = [f"{median(times):.1f}", p95, f"{max(times):.1f}"] if times else ["", "", ""]
        stored = [value for trial in found for value in trial["amplification"].values()]
        cells = [
            f"`{name}`",
            len(found),
            sum(trial["landed"] for trial in found),
            sum(not trial["findings"] for trial in found),
            *seconds,
            f"{median([trial['wall_s'] for trial in found]):.0f}",
            f"{max(stored):.2f}" if stored else "",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    untried = [f"`{name}`" for name in KINDS if name not in kinds]
    return "\n".join([*lines, *(["", f"Not tried yet: {', '.join(untried)}."] if untried else [])]) + "\n"


def _not_clean(trials: Sequence[Mapping[str, Any]]) -> str:
    bad = [trial for trial in trials if trial["findings"]]
    if not bad:
        return ""
    lines = ["## Trials that were not clean", "", "| when | seed | trial | fault | landed | found |", "|---|--:|--:|---|---|---|"]
    for trial in bad:
        found = " ".join("; ".join(trial["findings"]).split())[:_SHOWN].replace("|", "\\|").replace("<", "&lt;")
        landed = "yes" if trial["landed"] else "no"
        lines.append(f"| {trial['at']} | {trial['seed']} | {trial['number']} | `{trial['kind']}` | {landed} | {found} |")
    return "\n".join(lines) + "\n"


def _controls(controls: Sequence[Mapping[str, Any]]) -> str:
    caught, tried = Counter[str](), Counter[str]()
    said: dict[str, Mapping[str, Any]] = {}
    for control in controls:
        tried[control["name"]] += 1
        caught[control["name"]] += control["caught"]
        said[control["name"]] = control
    lines = ["## What the audit must catch", "", "| broken on purpose | how | caught | by |", "|---|---|--:|---|"]
    for name, control in said.items():
        by = " ".join(str(control["by"]).split())[:120].replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| {name} | {control['how']} | {caught[name]} of {tried[name]} | {by} |")
    if all(control["how"] == AUDIT_INPUT for control in controls):
        lines += ["", "No broken variant of the product itself has been run yet (`--controls`)."]
    return "\n".join(lines) + "\n"


def _runs(kept: Mapping[str, Any]) -> str:
    head = "| begun | commit | seed | trials | minutes | cores | load before | remark |"
    lines = ["## Runs", "", head, "|---|---|--:|--:|--:|--:|--:|---|"]
    for run in kept["runs"]:
        cells = [run["at"], run["commit"][:10], run["seed"], run["trials"], f"{run['minutes']:.1f}", run["cores"], run["load"]]
        cells.append(run.get("remark", ""))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
