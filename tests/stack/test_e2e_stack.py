"""The real stack: up, up again, every kind of death, and down without a trace. One stack for the whole module, in file order."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.kafka import clients
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from stack.ddl import load_tables, load_views
from stack.migrations import MigrationError, apply_migrations
from stack.topics import apply_topics
from tests.e2e.stack_process import Stack
from tests.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

READY_S = 120.0
FOREIGN_SCHEMA = '{"type": "record", "name": "Foreign", "fields": [{"name": "x", "type": "long"}]}'


def status(stack: Stack) -> dict[str, Any]:
    return dict(json.loads(stack.run("status", "--json").stdout))


def service(stack: Stack, name: str) -> dict[str, Any]:
    return dict(next(service for service in status(stack)["services"] if service["name"] == name))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack") / "data")
    try:
        up = stack.up()
        assert up.returncode == 0, up.stderr
        yield stack
    finally:
        left = stack.stop()
    assert left == []


def test_up_twice_changes_nothing(stack: Stack) -> None:
    before = status(stack)
    assert before["healthy"]
    assert {service["state"] for service in before["services"]} == {"healthy"}
    again = stack.run("up")
    assert again.returncode == 0
    assert "already running" in again.stdout
    assert status(stack) == before
    assert stack.run("status").returncode == 0


def test_another_port_than_the_running_one_is_refused(stack: Stack) -> None:
    refused = stack.run("up", TOKPULSE_FLINK_PORT="1")
    assert refused.returncode == 1
    assert "TOKPULSE_FLINK_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_topics_and_schemas_are_in_place(stack: Stack) -> None:
    endpoints = stack.endpoints
    assert apply_topics(clients.admin(endpoints.kafka_bootstrap_servers), load_topics()) == []
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        assert registry.subjects() == sorted(topic.subject for topic in load_topics().with_schema)
        for topic in load_topics().with_schema:
            assert registry.compatibility(topic.subject) == "BACKWARD"
            assert json.loads(registry.latest(topic.subject).schema) == json.loads(topic.schema_text())


def test_every_listening_socket_is_on_loopback(stack: Stack) -> None:
    listening = [
        (process.name(), connection.laddr)
        for process in stack.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN or connection.type == socket.SOCK_DGRAM
    ]
    assert len(listening) >= 6
    assert [entry for entry in listening if entry[1].ip != "127.0.0.1"] == []


def test_no_secret_on_any_command_line(stack: Stack) -> None:
    users = json.loads((stack.data / "clickhouse" / "users.json").read_text())["users"]
    lines = "\n".join(" ".join(process.cmdline()) for process in stack.processes())
    logs = "\n".join(log.read_text(errors="replace") for log in (stack.data / "logs").iterdir() if log.is_file())
    for user in users.values():
        assert user["password"] not in lines
        assert user["password"] not in logs


def test_migrations_are_applied_once_and_an_edit_is_refused(stack: Stack, tmp_path: Path) -> None:
    url = stack.endpoints.clickhouse_admin_url
    # Numbers that the project's own files will not reach.
    file = tmp_path / "9001_probe.sql"
    file.write_text("SELECT ';\n'\n")
    # Behind a numbered file all views are applied again.
    assert apply_migrations(url, load_tables(tmp_path)) == ["applied 9001_probe.sql", f"applied {len(load_views())} views"]
    assert apply_migrations(url, load_tables(tmp_path)) == []
    file.write_text("SELECT 1\n")
    with pytest.raises(MigrationError, match=r"9001_probe\.sql was edited"):
        apply_migrations(url, load_tables(tmp_path))
    file.unlink()
    (tmp_path / "9002_broken.sql").write_text("SELEC 2\n")
    with pytest.raises(MigrationError, match=r"9002_broken\.sql: "):
        apply_migrations(url, load_tables(tmp_path))


def test_a_refused_password_is_one_line_without_it(stack: Stack) -> None:
    password = json.loads((stack.data / "clickhouse" / "users.json").read_text())["users"]["tokpulse"]["password"]
    with pytest.raises(ClickHouseUnavailableError) as raised:
        apply_migrations(stack.endpoints.clickhouse_url.replace(password, "wrong-secret"), [])
    assert "\n" not in str(raised.value)
    assert "wrong-secret" not in str(raised.value)


@pytest.mark.parametrize("name", ["taskmanager", "clickhouse"])
def test_a_killed_service_comes_back(stack: Stack, name: str) -> None:
    before = service(stack, name)
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: stack.pid(name) not in (0, before["pid"]), READY_S, "another process runs")
    until(lambda: status(stack)["healthy"], READY_S, "the stack is healthy")
    after = service(stack, name)
    assert after["restarts"] == before["restarts"] + 1
    assert f"{name} (pid {before['pid']}) died" in (stack.data / "logs" / "supervisor.log").read_text()


def test_all_state_survives_a_killed_supervisor_and_kafka(stack: Stack) -> None:
    """The worst case: whoever should restart the broker is dead too. `up` clears the rest away and nothing is lost."""
    endpoints = stack.endpoints
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        registry.register("foreign-value", FOREIGN_SCHEMA)
        ids = {subject: registry.latest(subject).id for subject in registry.subjects()}
        # The last id is handed out a moment before the kill.
        ids["last-value"] = registry.register("last-value", FOREIGN_SCHEMA.replace("Foreign", "Last"))
        schemas = {schema_id: registry.by_id(schema_id) for schema_id in ids.values()}
    produce(endpoints.kafka_bootstrap_servers, b"kept")
    client = clickhouse_connect.get_client(dsn=endpoints.clickhouse_url)
    client.command("CREATE TABLE kept (x Int64) ENGINE = MergeTree ORDER BY x")
    client.insert("kept", [[1], [2]], column_names=["x"])
    client.close()

    for name in ("supervisor", "kafka", "registry", "clickhouse"):
        os.kill(service(stack, name)["pid"], signal.SIGKILL)
    broken = stack.run("status", "--json")
    assert broken.returncode == 1
    states = {service["name"]: service["state"] for service in json.loads(broken.stdout)["services"]}
    assert (states["supervisor"], states["kafka"], states["jobmanager"]) == ("stopped", "stopped", "unsupervised")

    up = stack.up()
    assert up.returncode == 0, up.stderr
    assert "left by a crash: jobmanager" in up.stderr
    assert status(stack)["healthy"]
    assert stack.endpoints == endpoints
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        assert {subject: registry.latest(subject).id for subject in registry.subjects()} == ids
        assert {schema_id: registry.by_id(schema_id) for schema_id in ids.values()} == schemas
    assert consume(endpoints.kafka_bootstrap_servers) == [b"kept"]
    client = clickhouse_connect.get_client(dsn=endpoints.clickhouse_url)
    assert client.query("SELECT x FROM kept ORDER BY x").result_rows == [(1,), (2,)]
    client.close()


def test_down_leaves_no_process_and_is_idempotent(stack: Stack) -> None:
    down = stack.run("down")
    assert down.returncode == 0
    assert "kafka" in down.stdout
    assert stack.processes() == []
    assert [path.name for path in (stack.data / "run").glob("*.pid")] == []
    assert "nothing was running" in stack.run("down").stdout
    assert stack.run("status").returncode == 1


def test_an_interrupted_up_leaves_nothing(stack: Stack) -> None:
    child = stack.start("up")
    until(lambda: len(stack.processes()) >= 4, READY_S, "four processes run")
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in err
    assert stack.processes() == []


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = stack.run("up", TOKPULSE_REGISTRY_PORT=str(port))
    assert refused.returncode == 1
    errors = [line for line in refused.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert f"port {port} (registry) is in use by pid {os.getpid()}" in errors[0]
    assert "TOKPULSE_REGISTRY_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert stack.processes() == []


def produce(bootstrap: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce("tiktok.posts.events", key=b"k", value=value, partition=0)
    assert producer.flush(30) == 0


def consume(bootstrap: str) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition("tiktok.posts.events", 0, 0)])
    try:
        found = consumer.consume(1, timeout=30)
        return [message.value() for message in found]
    finally:
        consumer.close()
