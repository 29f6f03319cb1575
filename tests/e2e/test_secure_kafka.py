"""A broker that wants TLS, a user and a password: commands and jobs get in by the environment; a wrong password is one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clickhouse_connect import get_client

from .secure_broker import secure_broker
from .stack_process import Stack, error_lines

pytestmark = [pytest.mark.kafka, pytest.mark.flink, pytest.mark.e2e, pytest.mark.timeout(400)]


def test_commands_and_jobs_reach_a_secured_broker(stack: Stack, tmp_path: Path) -> None:
    with secure_broker(tmp_path) as broker:
        secure = broker.environment()
        for command in (
            ("init",),
            ("simulate", "--start", "-3h", "--hours", "3", "--posts", "20", "--creators", "4"),
            ("submit", "pipeline", "--bounded"),
            ("lag",),
            ("notify", "--once", "--dry-run"),
        ):
            done = stack.run(*command, **secure)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        found = stack.run("doctor", **secure)
        assert re.search(r"^ok +topics ", found.stdout, re.MULTILINE), found.stdout + found.stderr
        assert re.search(r"^(ok|WARN) +records .*tiktok.posts.events holds", found.stdout, re.MULTILINE), found.stdout
        client = get_client(dsn=stack.endpoints.clickhouse_url, autogenerate_session_id=False)
        assert client.query("SELECT count() FROM engagement_hourly").result_rows[0][0] > 20
        client.close()
        for refused in (("simulate", "--start", "-1h", "--hours", "1"), ("submit", "engagement", "--detached"), ("lag",)):
            (line,) = error_lines(stack.run(*refused, **broker.environment("a wrong one")))
            assert "uthentication" in line, (refused, line)
