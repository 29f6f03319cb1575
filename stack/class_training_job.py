"""The training run of `class_training`: plans the pipeline job and starts it in a cluster inside this client.

No service is behind it: its tasks start, find nothing to read, and with that have loaded the classes that a start needs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pyflink.java_gateway import get_gateway

from connectors.endpoints import Endpoints
from jobs.build import build, table_environment
from jobs.catalog import JOBS
from jobs.execution import execute
from jobs.settings import JobSettings

# Port 9, "discard": nobody listens.
_NOWHERE = "127.0.0.1:9"
_QUIET_S, _AT_MOST_S, _POLL_S = 4.0, 300.0, 0.5


def main() -> int:
    """Returns when no more classes are loaded."""
    addresses = {
        "KAFKA_BOOTSTRAP_SERVERS": _NOWHERE,
        "SCHEMA_REGISTRY_URL": f"http://{_NOWHERE}",
        "CLICKHOUSE_URL": f"http://{_NOWHERE}/tokpulse",
    }
    settings = JobSettings(endpoints=Endpoints(addresses, Path()), run_id="training")
    job = JOBS["pipeline"]
    t_env = table_environment(job, settings)
    execute(t_env, build(t_env, job, settings), job)
    loading = get_gateway().jvm.java.lang.management.ManagementFactory.getClassLoadingMXBean()
    loaded, since = 0, time.monotonic()
    deadline = since + _AT_MOST_S
    while time.monotonic() < min(since + _QUIET_S, deadline):
        now = loading.getLoadedClassCount()
        if now > loaded:
            loaded, since = now, time.monotonic()
        time.sleep(_POLL_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
