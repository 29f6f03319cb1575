"""What a figure is worth only together with: machine, versions, load, commit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import psutil

from connectors.paths import REPOSITORY

_PACKAGES = ("apache-flink", "chdb", "clickhouse-connect", "confluent-kafka", "fastavro")
_CPU_INFO = Path("/proc/cpuinfo")


def describe() -> dict[str, Any]:
    """The machine as it is now; call it before anything is started, so that `load_average` is the load of others."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "versions": {
            "python": platform.python_version(),
            "java": _first_line("java", "-version"),
            **{name: importlib.metadata.version(name) for name in _PACKAGES},
        },
        "commit": _first_line("git", "-C", str(REPOSITORY), "rev-parse", "HEAD"),
        "uncommitted_changes": bool(_first_line("git", "-C", str(REPOSITORY), "status", "--porcelain")),
    }


def _cpu() -> str:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.partition("\n")[0].strip()
