"""The quality tests as a service: every 15 minutes, at low priority, and whoever is told of alerts is told of what fails."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from connectors.paths import REPOSITORY
from stack.service import Service, base_environment
from stack.settings import StackSettings

EVERY = "15m"
COMMAND = ("quality", "--quick", "--notify")


def service(settings: StackSettings, endpoints: Mapping[str, str]) -> Service:
    """Its log has what the runs printed. It serves nobody: it is well while it runs."""
    python = sys.executable
    return Service(
        name="quality",
        argv=(python, "-m", "stack.every", EVERY, "--", python, "-m", "cli.main", *COMMAND),
        # Where notify.yaml is.
        cwd=REPOSITORY,
        log=settings.logs / "quality.log",
        pid_file=settings.run / "quality.pid",
        probe=lambda: "",
        env=base_environment({**endpoints, "TOKPULSE_DATA": str(settings.data)}),
    )
