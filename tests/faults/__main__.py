"""`python -m tests.faults`: runs trials, adds them to docs/faults.json, and makes docs/faults.md anew."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.machine import describe

from . import broken, report
from .given import MOST_TRIALS
from .kinds import KINDS
from .mutations import caught
from .trial import Session, session

# What a start, and the longest trial that may have begun, leave of the time.
_RESERVE_S = 100.0


def parser() -> argparse.ArgumentParser:
    """The options; without any, all kinds in turn for nine minutes."""
    result = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    result.add_argument("--trials", type=int, default=MOST_TRIALS, help=f"at most so many (default: {MOST_TRIALS})")
    result.add_argument("--kinds", default=",".join(KINDS), help="names, separated by commas (default: all)")
    result.add_argument("--seed", type=int, default=None, help="of records, kinds and moments (default: the time)")
    result.add_argument("--minutes", type=float, default=9.0, help="no trial begins that might end later (default: 9)")
    result.add_argument("--in-order", action="store_true", help="take kinds in the order given, not in a random one")
    result.add_argument(
        "--controls",
        nargs="?",
        const="",
        metavar="PART",
        help="run the product's broken variants (with PART in the name), to be caught",
    )
    result.add_argument("--page", action="store_true", help="only make docs/faults.md from docs/faults.json")
    return result


def order(kinds: list[str], seed: int, in_order: bool) -> list[str]:
    """MOST_TRIALS names; every kind once before any comes again."""
    dice, names = random.Random(seed), list[str]()
    while len(names) < MOST_TRIALS:
        names += kinds if in_order else dice.sample(kinds, len(kinds))
    return names[:MOST_TRIALS]


def trials(asked: argparse.Namespace, ends: float) -> int:
    """Runs them; how many were not clean. A stack in which something was wrong serves no further one."""
    seed = asked.seed if asked.seed is not None else int(time.time())
    names = order(asked.kinds.split(","), seed, asked.in_order)[: asked.trials]
    done = bad = 0
    while done < len(names) and time.monotonic() < ends - _RESERVE_S:
        machine, at, begun = describe(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), time.monotonic()
        before, serves, clean = done, True, False
        with (
            tempfile.TemporaryDirectory(prefix="tokpulse-faults-") as folder,
            session(Path(folder), seed + done, len(names)) as each,
        ):
            say(f"stack and job are up after {time.monotonic() - begun:.0f} s")
            while serves and done < len(names) and time.monotonic() < ends - _RESERVE_S:
                clean, audited = one(each, names[done])
                done, bad = done + 1, bad + (not clean)
                serves = clean or (not audited and each.is_fit())
            if serves and clean:
                controls(each)
        report.add([], run(machine, at, seed + before, done - before, time.monotonic() - begun))
    return bad


def one(each: Session, name: str) -> tuple[bool, bool]:
    """Runs a trial, keeps it and prints a line. Whether it was clean, and whether it came to its audit."""
    found = each.run(name)
    report.add([found.as_json()])
    recovery = "-" if found.recovery_s is None else f"{found.recovery_s:.1f} s"
    what = "clean" if found.clean else "NOT CLEAN: " + " | ".join(found.findings)[:2_000]
    say(f"{found.number:3d} {name:22s} {'hit ' if found.landed else 'MISS'} recovery {recovery:8s} {found.wall_s:5.1f} s  {what}")
    say(f"    {found.proof}{'; ' if found.notes else ''}{'; '.join(found.notes)}")
    return found.clean, found.rows > 0


def controls(each: Session) -> None:
    """What the audit says of the last evidence when something in it is wrong."""
    if each.evidence is None or each.question is None:
        return
    found = caught(each.evidence, each.question, random.Random(each.seed))
    report.add_controls(found)
    say(f"controls: {sum(control['caught'] for control in found)} of {len(found)} caught")


def run(machine: dict[str, Any], at: str, seed: int, count: int, seconds: float) -> dict[str, Any]:
    """What a run is worth only together with."""
    return {
        **{"at": at, "commit": machine["commit"], "changed": machine["uncommitted_changes"], "seed": seed, "trials": count},
        **{"minutes": round(seconds / 60, 1), "cores": os.cpu_count(), "load": machine["load_average"][0]},
    }


def say(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)


def main() -> int:
    """Runs what was asked for. Returns 1 when a trial was not clean, or a broken variant was not caught."""
    asked = parser().parse_args()
    # A run that is ended from outside stops what it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    unknown = [name for name in asked.kinds.split(",") if name not in KINDS]
    if unknown:
        say(f"error: there is no kind {unknown[0]!r}: known are {', '.join(KINDS)}")
        return 2
    bad = 0
    if not asked.page:
        bad = (
            trials(asked, time.monotonic() + asked.minutes * 60)
            if asked.controls is None
            else broken.run_all(say, asked.seed or 1, asked.controls)
        )
    report.write_page()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
