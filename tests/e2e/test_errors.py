"""Everything that commonly goes wrong: one clear line with what to do, exit code not 0, no stack trace."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from confluent_kafka.admin import AdminClient

from stack.flink import FLINK_CONF, FlinkConfigError, render_config
from tests.waiting import until

from .stack_process import Stack, ended, error_lines

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(180)]


PROGRESS = re.compile(r"^[^:]+ \.\.\. \d+ s$")


@contextmanager
def nobody_listens() -> Iterator[int]:
    """A port that is taken, so that no other program gets it, and refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def one_error(stack: Stack, *args: str, **extra: str) -> str:
    """The only `error:` line of a command that must fail."""
    done = stack.run(*args, **extra)
    lines = error_lines(done)
    assert len(lines) == 1, done.stderr
    said = [line.split(":")[0].strip() for line in done.stderr.splitlines() if not PROGRESS.search(line)]
    # `up` shows its steps before it fails; nobody else has anything to add but what takes long.
    assert said[-2:] == ["error", "hint"], done.stderr
    assert len(said) == 2 or args[0] == "up", done.stderr
    return lines[0]


def test_an_unknown_job(running_stack: Stack) -> None:
    assert "engagemnet" in one_error(running_stack, "submit", "engagemnet")


@pytest.mark.parametrize(
    ("arguments", "extra", "expected"),
    [
        (("--watermark-delay", "2 parsecs"), {}, "watermark-delay: '2 parsecs' is not a duration"),
        ((), {"TOKPULSE_PARTIAL_RESULTS": "maybe"}, "'maybe' is neither on nor off"),
        (("--stop-ratio", "7"), {}, "out of range"),
    ],
)
def test_a_wrong_setting(running_stack: Stack, arguments: tuple[str, ...], extra: dict[str, str], expected: str) -> None:
    assert expected in one_error(running_stack, "submit", "engagement", "--bounded", *arguments, **extra)


def test_a_stopped_broker(running_stack: Stack) -> None:
    with nobody_listens() as port:
        address = f"127.0.0.1:{port}"
        for command in (("submit", "engagement"), ("simulate", "--posts", "1", "--hours", "1")):
            error = one_error(running_stack, *command, KAFKA_BOOTSTRAP_SERVERS=address)
            assert f"no Kafka broker answers at {address}" in error


@pytest.mark.parametrize(
    ("variable", "service"),
    [("SCHEMA_REGISTRY_URL", "schema registry"), ("FLINK_REST_URL", "JobManager"), ("CLICKHOUSE_URL", "ClickHouse")],
)
def test_a_stopped_service(running_stack: Stack, variable: str, service: str) -> None:
    with nobody_listens() as port:
        error = one_error(running_stack, "submit", "engagement", **{variable: f"http://u:hidden-secret@127.0.0.1:{port}/tokpulse"})
    assert service in error
    assert str(port) in error
    assert "hidden-secret" not in error


def test_clickhouse_refuses_the_password(running_stack: Stack) -> None:
    url = running_stack.endpoints.clickhouse_url
    wrong = url.replace(str(urlsplit(url).password), "wrong-secret")
    error = one_error(running_stack, "submit", "engagement", CLICKHOUSE_URL=wrong)
    assert "refuses the password of user" in error
    assert "wrong-secret" not in error


def test_no_stack_at_all(tmp_path: Path) -> None:
    elsewhere = Stack(tmp_path / "nothing")
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in one_error(elsewhere, "submit", "engagement")


def test_a_wrong_key_in_the_stacks_settings(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    stack.data.mkdir()
    (stack.data / "ports.yaml").write_text("kafak: 19092\n")
    error = one_error(stack, "up")
    assert "ports.yaml" in error
    assert "'kafak'" in error
    assert stack.processes() == []


def test_a_wrong_key_in_flink_conf(tmp_path: Path) -> None:
    """Flink itself ignores an option that it does not know: a typo would be a default in disguise."""
    project = tmp_path / "flink-conf.yaml"
    project.write_text(FLINK_CONF.read_text().replace("parallelism.default:", "paralelism.default:"))
    with pytest.raises(FlinkConfigError, match=r"paralelism\.default") as raised:
        render_config(project, {})
    assert "parallelism.default" in raised.value.hint


def test_a_port_in_use(running_stack: Stack, tmp_path: Path) -> None:
    port = running_stack.endpoints.kafka_bootstrap_servers.rpartition(":")[2]
    second = Stack(tmp_path / "second")
    error = one_error(second, "up", TOKPULSE_KAFKA_PORT=port)
    assert f"port {port} (kafka) is in use" in error
    assert second.processes() == []


def test_a_missing_topic(stack: Stack) -> None:
    admin = AdminClient({"bootstrap.servers": stack.endpoints.kafka_bootstrap_servers})
    missing = "tiktok.engagement.hourly"
    admin.delete_topics([missing], operation_timeout=30)[missing].result(30)
    until(lambda: missing not in admin.list_topics(timeout=30).topics, 30, "the topic is gone")
    assert f"topic {missing} does not exist" in one_error(stack, "submit", "engagement")


def test_a_table_that_does_not_fit(stack: Stack) -> None:
    with stack.clickhouse() as client:
        client.command("ALTER TABLE dead_letters_log MODIFY COLUMN reason FixedString(9)")
        try:
            error = one_error(stack, "submit", "engagement", "--bounded")
        finally:
            client.command("ALTER TABLE dead_letters_log MODIFY COLUMN reason String")
    assert "dead_letters_log" in error
    assert "column reason is STRING in Flink and FixedString(9) in ClickHouse" in error


def test_a_flink_that_fails_for_a_reason_of_its_own(stack: Stack) -> None:
    """Errors that no check foresees still end in one line, with the innermost cause."""
    lines = error_lines(ended(stack.start("submit", "engagement", "--bounded", FLINK_CONF_DIR=str(stack.data / "nowhere"))))
    assert len(lines) == 1
