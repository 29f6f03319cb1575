# ruff: noqa: UP006, UP032, UP035, UP045
# Also runs as `python3 stack/toolchain.py` before there is a virtual environment, on whatever Python the machine has: the
# standard library only, and nothing that Python 3.6 cannot parse (so no `X | None`, no `list[str]`).
"""Says in one line each which of Python, the JDK, Maven and make is missing or too old."""

import os
import re
import shutil
import subprocess
import sys
from typing import List, Optional, Tuple

PYTHON_MIN = (3, 11)
PYTHON_BELOW = (3, 13)
JDK_MIN = 17
MAVEN_MIN = (3, 6, 3)


def python_problem(version: Tuple[int, ...], executable: str) -> Optional[str]:
    """Why this Python cannot run the project, or None. Flink's Python package has no wheel for newer versions."""
    if PYTHON_MIN <= version[:2] < PYTHON_BELOW:
        return None
    running = ".".join(str(part) for part in version[:3])
    return "Python {}.{} or {}.{} is needed, {} is {}: install it, or name one with `make PYTHON=/path/to/python3.11 ...`".format(
        PYTHON_MIN[0], PYTHON_MIN[1], PYTHON_BELOW[0], PYTHON_BELOW[1] - 1, executable, running
    )


def parse_java_version(text: str) -> Optional[int]:
    """The feature version in the output of `java -version`: 17 of `openjdk version "17.0.15"`, 8 of `"1.8.0_392"`."""
    match = re.search(r'version "(\d+)(?:\.(\d+))?', text)
    if not match:
        return None
    major = int(match.group(1))
    return int(match.group(2) or 0) if major == 1 else major


def parse_maven_version(text: str) -> Optional[Tuple[int, ...]]:
    """(3, 8, 7) of the output of `mvn -version`."""
    match = re.search(r"Apache Maven (\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else None


def jdk_problem() -> Optional[str]:
    """Why no usable JDK is there, or None. A bare runtime is not enough: the project compiles a Flink format."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    hint = "install a JDK {} or newer (Debian: apt-get install openjdk-{}-jdk-headless) or set JAVA_HOME".format(JDK_MIN, JDK_MIN)
    text = _output([java, "-version"])
    if text is None:
        return "no Java at {}: {}".format(java, hint) if home else "no Java on PATH: " + hint
    version = parse_java_version(text)
    if version is None:
        return "{} -version says nothing like a version: {}".format(java, hint)
    if version < JDK_MIN:
        return "Java {} at {} is too old: {}".format(version, java, hint)
    if _output([os.path.join(home, "bin", "javac") if home else "javac", "-version"]) is None:
        return "Java {} without a compiler (javac), so a JRE and not a JDK: {}".format(version, hint)
    return None


def maven_problem() -> Optional[str]:
    """Why no usable Maven is there, or None."""
    wanted = ".".join(str(part) for part in MAVEN_MIN)
    hint = "install Maven {} or newer (Debian: apt-get install maven)".format(wanted)
    text = _output(["mvn", "-version"])
    if text is None:
        return "no Maven (mvn) on PATH: " + hint
    version = parse_maven_version(text)
    if version is None:
        # Without a Java, mvn fails before it can name itself; that problem has its own line.
        return None if jdk_problem() else "mvn -version fails: " + (text.strip().splitlines() or ["no output"])[0]
    if version < MAVEN_MIN:
        return "Maven {} is too old: {}".format(".".join(str(part) for part in version), hint)
    return None


def make_problem() -> Optional[str]:
    """Why there is no make, or None."""
    return None if shutil.which("make") else "no make on PATH (Debian: apt-get install make)"


def problems() -> List[str]:
    """One line per tool that is missing or too old; empty when the machine has all that is needed."""
    checks = [python_problem(tuple(sys.version_info[:3]), sys.executable), jdk_problem(), maven_problem(), make_problem()]
    return [problem for problem in checks if problem]


def _output(argv: List[str]) -> Optional[str]:
    """What `argv` prints (both streams), or None when it cannot be started."""
    try:
        done = subprocess.run(
            argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def main() -> int:
    """Prints the problems; the exit code is 0 when there are none."""
    listed = problems()
    for problem in listed:
        sys.stderr.write("error: " + problem + "\n")
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main())
