"""A single Kafka node (KRaft, broker and controller in one process) with its log in the data directory."""

from __future__ import annotations

import base64
import socket
import subprocess
import uuid
from pathlib import Path

from confluent_kafka import KafkaException

from connectors.errors import TokpulseError
from connectors.kafka import clients
from stack.service import JVM_FLAGS, Service, base_environment, java
from stack.settings import HOST, StackSettings

_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_LOG4J = """\
status = error
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %p %m (%c)%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
"""


class KafkaStorageError(TokpulseError):
    """The broker's log directory cannot be prepared."""


def server_properties(settings: StackSettings) -> dict[str, str]:
    """The broker's configuration: one node, loopback listeners, internal topics with one replica."""
    broker, controller = settings.ports["kafka"], settings.ports["kafka_controller"]
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{broker},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{broker}",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(settings.data / "kafka" / "log"),
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(_MAX_MESSAGE_BYTES),
        "replica.fetch.max.bytes": str(_MAX_MESSAGE_BYTES),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # The default of 50 partitions each costs seconds at the first consumer and the first transaction.
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.num.partitions": "8",
        "transaction.max.timeout.ms": "900000",
        "group.initial.rebalance.delay.ms": "0",
        "log.segment.bytes": str(256 * 1024 * 1024),
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
        "num.recovery.threads.per.data.dir": "2",
    }


def service(settings: StackSettings) -> Service:
    """Broker and controller in one process; ready when it lists topics."""
    folder = settings.data / "kafka"
    return Service(
        name="kafka",
        argv=(
            java(),
            "-Xms256m",
            "-Xmx768m",
            *JVM_FLAGS,
            f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}",
            "-cp",
            str(settings.build / "kafka" / "lib" / "*"),
            "kafka.Kafka",
            str(folder / "server.properties"),
        ),
        cwd=folder,
        log=settings.logs / "kafka.out",
        pid_file=settings.run / "kafka.pid",
        probe=lambda: probe(settings),
        ports=("kafka", "kafka_controller"),
        url=settings.kafka_bootstrap_servers,
        env=base_environment({}),
    )


def prepare(settings: StackSettings) -> None:
    """Writes the broker's files and formats its storage once; the cluster id and the log stay over restarts."""
    folder = settings.data / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    lines = [f"{key}={value}" for key, value in server_properties(settings).items()]
    (folder / "server.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "log4j2.properties").write_text(_LOG4J.format(log=settings.logs / "kafka.log"), encoding="utf-8")
    if not (folder / "log" / "meta.properties").exists():
        _format(settings, folder)


def _format(settings: StackSettings, folder: Path) -> None:
    id_file = folder / "cluster.id"
    if not id_file.exists():
        id_file.write_text(_cluster_id(), encoding="utf-8")
    tool = (java(), *JVM_FLAGS, "-XX:TieredStopAtLevel=1", "-cp", str(settings.build / "kafka" / "lib" / "*"))
    argv = [*tool, "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", id_file.read_text(encoding="utf-8")]
    done = subprocess.run(
        [*argv, "-c", str(folder / "server.properties")], capture_output=True, text=True, check=False, env=base_environment({})
    )
    if done.returncode != 0:
        last = ([line for line in (done.stdout + done.stderr).splitlines() if line.strip()] or ["no output"])[-1]
        raise KafkaStorageError(
            f"cannot format Kafka's log in {folder}: {last}", "check that the disk is not full and that the folder is yours"
        )


def _cluster_id() -> str:
    """22 characters as Kafka's own random-uuid gives; never a leading dash, which its command line takes for an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
        if not text.startswith("-"):
            return text


def probe(settings: StackSettings) -> str:
    """Empty when the broker answers a client, else the reason why not."""
    try:
        socket.create_connection((HOST, settings.ports["kafka"]), timeout=1.0).close()
        clients.admin(settings.kafka_bootstrap_servers).list_topics(timeout=3.0)
    except OSError as error:
        return f"{settings.kafka_bootstrap_servers}: {error.strerror or error}"
    except KafkaException as error:
        return f"{settings.kafka_bootstrap_servers}: {clients.reason_of(error)}"
    return ""
