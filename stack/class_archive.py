"""One class-data archive (JVM CDS) for Flink's client, JobManager and TaskManager, which map it instead of reading jars.

`class_training` makes it, once for a set of jars, and it serves every stack that links to those jars. It is never needed: where it
is absent, or a JVM finds that it does not fit, classes come from the jars as ever.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from connectors.errors import TokpulseError
from stack.service import java

QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"


class ClassArchiveError(TokpulseError):
    """The archive could not be made; nothing but speed depends on it."""


def file(build: Path, jars: Iterable[Path]) -> Path:
    """Where the archive for `jars` and the present JVM is, or will be: a change of either gives another name."""
    digest = hashlib.sha256()
    for part in (_jvm(), *sorted(jars, key=lambda jar: jar.name)):
        stat = part.stat()
        digest.update(f"{part.name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return build / "flink" / "classes" / f"{digest.hexdigest()[:16]}.jsa"


def options(archive: Path) -> dict[str, str]:
    """Flink's option that makes all its JVMs use `archive`; {} while there is none."""
    # A JVM that is told of a missing archive also does without the JDK's own. Flink's scripts split options at spaces.
    if not archive.exists() or " " in str(archive):
        return {}
    return {"env.java.default-opts.all": f"-XX:SharedArchiveFile={archive} {QUIET}"}


def _jvm() -> Path:
    path = shutil.which(java())
    if path is None:
        raise ClassArchiveError(f"no {java()} on PATH", "install a JDK 17, or set JAVA_HOME")
    program = Path(path).resolve()
    library = program.parent.parent / "lib" / "server" / "libjvm.so"
    return library if library.exists() else program
