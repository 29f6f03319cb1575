"""What runs by itself every 15 minutes, on an engine of its own: no record of a topic is read, and what fails is told once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.clickhouse.client import connect
from connectors.paths import REPOSITORY
from stack.migrations import apply_migrations
from stack.quality_tests import COMMAND
from tests.alerts.receiver import Receiver
from tests.clickhouse_front.conftest import ADMIN, FrontProcess

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(180)]


def test_it_needs_no_kafka_and_tells_a_failure_once(tmp_path: Path) -> None:
    front = FrontProcess(tmp_path)
    front.start()
    try:
        apply_migrations(front.url(ADMIN))
        with closing(Receiver()) as receiver:
            environment = {
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                **{"CLICKHOUSE_URL": front.url(), "TOKPULSE_DATA": str(tmp_path / "stack"), "TOKPULSE_WEBHOOK": receiver.url},
            }

            def run(*more: str) -> dict[str, Any]:
                command = [sys.executable, "-m", "cli.main", *COMMAND, "--json", *more]
                done = subprocess.run(
                    command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120, check=False
                )
                # Nothing was ever written: the tables that must have rows have none.
                assert done.returncode == 1, done.stderr
                return dict(json.loads(done.stdout))

            found = run()
            assert {result["test"] for result in found["results"]} >= {"freshness", "unique_grain", "never_falls", "late_share"}
            assert not any(result["test"] == "reconcile" for result in found["results"])
            failed = [result for result in found["results"] if result["status"] == "fail"]
            assert {result["test"] for result in failed} == {"freshness"}
            run("--dataset", failed[0]["dataset"])
            (request,) = receiver.requests
            assert sorted(request.body["keys"]) == sorted(f"{result['dataset']}: freshness" for result in failed)
        client = connect(front.url())
        try:
            ((rows, runs),) = client.query("SELECT count(), uniqExact(run_id) FROM quality_results").result_rows
        finally:
            client.close()
        assert runs == 2
        assert rows > len(found["results"])
    finally:
        front.stop()
