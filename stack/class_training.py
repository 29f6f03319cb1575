"""Makes the class-data archive: `class_training_job` loads what a start loads, and its JVM writes it down when it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from connectors.paths import REPOSITORY
from stack import class_archive, flink, flink_home
from stack.class_archive import QUIET, ClassArchiveError
from stack.report import Report
from stack.settings import DEFAULT_PORTS, StackSettings

JOB = Path(__file__).with_name("class_training_job.py")
_TIMEOUT_S = 600.0
# A second cluster beside a running stack: ports of its own, and no checkpoint before it ends.
_OPTIONS = {"rest.port": "0", "rest.bind-port": "0", "execution.checkpointing.interval": "1 h"}


def archive_classes(build: Path, report: Report) -> None:
    """`ensure`, shown where there is something to do. That it fails is told, and no reason to fail."""
    try:
        if not is_current(build):
            with report.step("classes", "archiving what Flink loads (once per set of jars)", "archived"):
                ensure(build)
    except ClassArchiveError as error:
        report.line(f"classes      not archived, so starts take longer: {error.message}; {error.hint}")


def is_current(build: Path) -> bool:
    """Whether there is an archive for the present jars and JVM."""
    return _archive(build).exists()


def ensure(build: Path, train: Callable[[StackSettings, Path], None] | None = None) -> bool:
    """Makes the archive unless it is there; whether it had to. Raises ClassArchiveError, and leaves nothing half made."""
    archive = _archive(build)
    if archive.exists():
        return False
    archive.parent.mkdir(parents=True, exist_ok=True)
    with (archive.parent / "lock").open("w") as lock:
        # Two stacks may share the folder; the second one finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if archive.exists():
            return False
        # The archive knows its jars by these paths, and fits other paths that lead to the same files: its home must stay.
        settings = StackSettings(archive.parent / "training", build, dict.fromkeys(DEFAULT_PORTS, 0))
        flink.prepare(settings)
        # A JVM that maps half an archive crashes: it gets its name when it is whole.
        partial = archive.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        (train or run)(settings, partial)
        partial.replace(archive)
        for other in archive.parent.glob("*.jsa"):
            if other != archive:
                other.unlink()
    return True


def _archive(build: Path) -> Path:
    return class_archive.file(build, flink_home.library(flink.pyflink_folder(), build))


def run(settings: StackSettings, archive: Path) -> None:
    """The training run with Flink's home and configuration as in `settings`; writes `archive`. Raises ClassArchiveError."""
    log = settings.build / "flink" / "classes.log"
    line = [str(settings.flink_home / "bin" / "flink"), "run", "-t", "local"]
    line += [f"-D{key}={value}" for key, value in _OPTIONS.items()]
    line += ["-pyclientexec", sys.executable, "-pyexec", sys.executable, "-py", str(JOB)]
    home = {"FLINK_HOME": str(settings.flink_home), "FLINK_CONF_DIR": str(settings.flink_conf_dir)}
    environment = {**os.environ, **home, "JVM_ARGS": f"-XX:ArchiveClassesAtExit={archive} {QUIET}"}
    with log.open("wb") as output:
        # A session of its own: its Python processes end with it, whatever happens.
        process = subprocess.Popen(
            line, env=environment, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise ClassArchiveError(f"the training run took longer than {_TIMEOUT_S:.0f} s", f"its output is in {log}") from None
        finally:
            _end(process)
    if code != 0 or not archive.exists():
        raise ClassArchiveError(f"the training run ended with exit code {code}", f"its output is in {log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
