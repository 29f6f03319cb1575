"""A second broker whose clients must bring a certificate's trust, a user and a password: SASL_SSL with SCRAM."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from connectors.paths import REPOSITORY
from stack import kafka
from stack.settings import StackSettings
from tests.tls.certificate import STORE_PASSWORD, make_certificate
from tests.waiting import until

USER, PASSWORD = "jobs", "a-long-secret"


@dataclass(frozen=True)
class SecureBroker:
    """`servers` is the listener that asks for everything; `ca` the certificate to trust, PEM."""

    servers: str
    ca: Path

    def environment(self, password: str = PASSWORD) -> dict[str, str]:
        """What a user sets to reach it."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "TOKPULSE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "TOKPULSE_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "TOKPULSE_KAFKA_SASL_USERNAME": USER,
            "TOKPULSE_KAFKA_SASL_PASSWORD": password,
            "TOKPULSE_KAFKA_SSL_CA_LOCATION": str(self.ca),
        }


@contextmanager
def secure_broker(folder: Path) -> Iterator[SecureBroker]:
    """Runs one with its data in `folder`."""
    plain, controller, secure = _free_ports(3)
    build = Path(os.environ.get("TOKPULSE_BUILD", REPOSITORY / ".build"))
    settings = StackSettings(folder / "data", build, {"kafka": plain, "kafka_controller": controller})
    certificate = make_certificate(folder)
    kafka.prepare(settings)
    file = settings.data / "kafka" / "server.properties"
    own = {
        "listeners": f"PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{secure}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{plain},SECURE://127.0.0.1:{secure}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "ssl.keystore.location": str(certificate.store),
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.password": STORE_PASSWORD,
    }
    # Of a key that stands twice the last counts.
    with file.open("a", encoding="utf-8") as lines:
        lines.writelines(f"{key}={value}\n" for key, value in own.items())
    service = kafka.service(settings)
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(service.argv, cwd=service.cwd, env=service.env, stdout=log, stderr=log)
    try:
        until(lambda: kafka.probe(settings) == "", 60, "the broker answers")
        _add_user(f"127.0.0.1:{plain}")
        yield SecureBroker(f"127.0.0.1:{secure}", certificate.pem)
    finally:
        process.kill()
        process.wait(30)


def _add_user(servers: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers})
    wanted = UserScramCredentialUpsertion(USER, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), PASSWORD.encode())

    def added() -> bool:
        try:
            for future in admin.alter_user_scram_credentials([wanted]).values():
                future.result(10)
        except KafkaException:
            return False
        return True

    until(added, 60, "the user is there")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
