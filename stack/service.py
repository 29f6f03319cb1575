"""What the supervisor needs to know of a service, and the environment that all of them get."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

# Python workers of a job inherit every variable of the TaskManager, and their code may read it: hand over only these. The last
# are what `java` and `python` themselves read.
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME", "JDK_JAVA_OPTIONS", "PYTHONPATH")

# Which data directory a process belongs to, in its environment and so in that of everything it starts.
STACK_MARK = "TOKPULSE_STACK"

JVM_FLAGS = (
    # One address family: a JVM that listens on [::ffff:127.0.0.1] confuses every tool that lists sockets.
    "-Djava.net.preferIPv4Stack=true",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
)


@dataclass(frozen=True)
class Service:
    """One process of the stack. `probe` returns "" when the service serves, else the reason why not; it never raises."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    log: Path
    pid_file: Path
    probe: Callable[[], str]
    ports: tuple[str, ...] = ()
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_timeout: float = 15.0


def base_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The few variables a service inherits, TOKPULSE_*, and `extra`; this Python's folder comes first on PATH."""
    kept = {key: value for key, value in os.environ.items() if key in _PASSED_ON or key.startswith("TOKPULSE_")}
    # PyFlink's thread mode finds its native library through the first `python` on PATH.
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {**kept, **extra}


def java() -> str:
    """The JVM to run: that of JAVA_HOME when set, else the first on PATH."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else "java"


@functools.cache
def _client() -> httpx.Client:
    """Without connections that outlive an answer. Making one reads all certificates of the system: 20 ms of a processor."""
    return httpx.Client(timeout=2.0, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


def http_probe(url: str, accept: Callable[[httpx.Response], str] | None = None) -> str:
    """Empty when GET `url` gives 200 (and `accept` agrees), else the reason."""
    try:
        response = _client().get(url)
    except httpx.HTTPError as error:
        return f"{url}: {error or type(error).__name__}"
    if response.status_code != 200:
        return f"{url}: HTTP {response.status_code}"
    return accept(response) if accept else ""
