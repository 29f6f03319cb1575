"""Checks on this machine and the clocks of others: tools, disk, Flink's jars, clock skew."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cli.doctor_exam import Examination
from cli.doctor_findings import Cause, Finding, Level, duration, ok
from stack import process, toolchain
from stack.maven_build import is_current

OWN_LIBRARY = "tokpulse-flink-formats"
_OWN_JAR = re.compile(rf"{OWN_LIBRARY}-\d[\w.]*\.jar")
_GIB = 2**30

TOOL_MISSING = Cause(
    *("tool_missing", Level.FAIL, "tools", "Python, JDK, Maven or make is missing or too old"),
    says="{what}",
    fix="{remedy}",
)
DISK_FULL = Cause(
    *("disk_nearly_full", Level.WARN, "disk", "the disk of the data folder is nearly full"),
    says="{free:.1f} of {total:.0f} GiB are free at {folder}, less than {least:.1f}",
    fix="free some: Kafka stops, checkpoints fail and ClickHouse sets parts aside on a full disk (docs/operations.md, Retention)",
)
JAR_MISSING = Cause(
    *("jar_missing", Level.FAIL, "jars", "Flink lacks a jar that the jobs need"),
    says="{jar} is not in {lib}",
    fix="`make install`, then `tokpulse down` and `tokpulse up`",
)
JAR_OTHER = Cause(
    *("jar_wrong", Level.FAIL, "jars", "Flink has a jar of another version than the one built"),
    says="{lib} has {jar}, the build has {built}",
    fix="`tokpulse down` and `tokpulse up` link the jars of the build; on a cluster of your own, replace it and restart Flink",
)
JAR_STALE = Cause(
    *("jar_stale", Level.FAIL, "jars", "Flink runs with the code of an earlier build"),
    says="{jar} was built {ago} after Flink was started: it still runs the code of before",
    fix="`tokpulse down`, `tokpulse up`: jobs go on from their checkpoints",
)
BUILD_OLD = Cause(
    *("build_outdated", Level.WARN, "jars", "the jars were built from other sources"),
    says="the jars in {folder} were not built from the present Java sources",
    fix="`make install`, then `tokpulse down` and `tokpulse up`",
)
CLOCK_SKEW = Cause(
    *("clock_skew", Level.WARN, "clock", "the clocks of two machines differ"),
    says="the clock of {service} is {skew} {direction} that of this machine",
    fix="let both follow the same time servers: ages, lag and the check for times in the future are wrong by as much",
)
SKEW_S = 5.0


def tools(examination: Examination) -> Iterator[Finding]:
    """Python, JDK, Maven, make; only where a local stack is to be built with them."""
    if not examination.local:
        return
    found = toolchain.problems() if not is_current(examination.settings.build) else []
    for problem in found:
        what, _, remedy = problem.partition(": ")
        yield TOOL_MISSING.found(what, remedy=remedy)
    if not found:
        yield ok("tools", "what the stack is built with is there")


def disk(examination: Examination) -> Iterator[Finding]:
    """The file system of the local stack's data."""
    if not examination.local:
        return
    folder = next(path for path in (examination.settings.data, *examination.settings.data.parents) if path.exists())
    usage = shutil.disk_usage(folder)
    yield judged_disk(str(folder), usage.free, usage.total, examination.limits.disk_free_bytes)


def judged_disk(folder: str, free: int, total: int, least: int) -> Finding:
    """From bytes; below a quarter of `least` writes are about to fail."""
    if free >= least:
        return ok("disk", f"{free / _GIB:.1f} of {total / _GIB:.0f} GiB are free")
    level = Level.FAIL if free < least / 4 else Level.WARN
    return DISK_FULL.found(folder, level=level, free=free / _GIB, total=total / _GIB, least=least / _GIB)


def jars(examination: Examination) -> Iterator[Finding]:
    """Flink's `lib` against the build, and the build against the sources and the running Flink."""
    if not examination.local:
        return
    build = examination.settings.build
    home = examination.endpoints.values.get("FLINK_HOME", "")
    built = {path.name: path for path in (build / "flink" / "lib").glob("*.jar")}
    if not home or not built:
        return
    folder = Path(home) / "lib"
    has = {path.name: path for path in folder.glob("*.jar")} if folder.is_dir() else {}
    wrong = [*judged_names(str(folder), [*has], [*built]), *_contents(str(folder), has, built)]
    yield from wrong
    if wrong:
        return
    if not is_current(build):
        yield BUILD_OLD.found(str(build))
        return
    started = process.running(examination.settings.run / "jobmanager.pid")
    newest = max(built.values(), key=lambda path: path.stat().st_mtime)
    later_s = newest.stat().st_mtime - started.started if started else 0.0
    yield (
        JAR_STALE.found(newest.name, ago=duration(later_s))
        if later_s > 0
        else ok("jars", f"Flink has all {len(built)} of the build")
    )


def judged_names(folder: str, has: Sequence[str], built: Sequence[str]) -> Iterator[Finding]:
    """From the names of the jars in Flink's `lib` and in the build."""
    for name in built:
        if name in has:
            continue
        others = [other for other in has if library_of(other) == library_of(name)]
        if others:
            yield JAR_OTHER.found(others[0], lib=folder, built=name)
        else:
            yield JAR_MISSING.found(name, lib=folder)
    own = [other for other in has if _OWN_JAR.fullmatch(other) and other not in built]
    for name in own:
        # Beside the right one: which of both Flink loads, the order of names decides.
        if any(library_of(name) == library_of(other) for other in built if other in has):
            yield JAR_OTHER.found(name, lib=folder, built=next(each for each in built if library_of(each) == library_of(name)))


def library_of(jar: str) -> str:
    """The name of a jar without its version: `flink-sql-connector-kafka` of `flink-sql-connector-kafka-5.0.0-2.2.jar`."""
    return re.sub(r"-\d[\w.]*(-[\w.]+)?\.jar$", "", jar)


def _contents(folder: str, has: Mapping[str, Path], built: Mapping[str, Path]) -> Iterator[Finding]:
    """Of the same name, but not the same file: only the project's own change without a new version."""
    for name in has.keys() & built.keys():
        if not has[name].exists():
            yield JAR_MISSING.found(name, lib=folder)
        elif _OWN_JAR.fullmatch(name) and not has[name].samefile(built[name]) and _hash(has[name]) != _hash(built[name]):
            yield JAR_OTHER.found(name, lib=folder, built=f"another file of that name in {built[name].parent}")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def judged_clock(about: str, ahead_s: float) -> Iterator[Finding]:
    """From how far the clock of `about` is ahead of this machine's (negative: behind), if that is more than answers take."""
    if abs(ahead_s) > SKEW_S:
        yield CLOCK_SKEW.found(about, skew=duration(abs(ahead_s)), direction="ahead of" if ahead_s > 0 else "behind")
