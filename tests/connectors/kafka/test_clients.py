"""Security settings reach every client, as librdkafka and as Java's client name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors.kafka import clients
from connectors.kafka.clients import KafkaSettingsError, for_flink, security

SECURE = {
    "TOKPULSE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "TOKPULSE_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "TOKPULSE_KAFKA_SASL_USERNAME": "jobs",
    "TOKPULSE_KAFKA_SASL_PASSWORD": "hunter2",
    "TOKPULSE_KAFKA_SSL_CA_LOCATION": "/ca.pem",
    # Ports of the local stack, and what others have.
    "TOKPULSE_KAFKA_PORT": "9092",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "TOKPULSE_KAFKA_SSL_KEY_PASSWORD": "",
}


def test_variables_spell_the_settings() -> None:
    assert security(SECURE) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "jobs",
        "sasl.password": "hunter2",
        "ssl.ca.location": "/ca.pem",
    }
    assert security({}) == {}


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter3\n")
    assert security({"TOKPULSE_KAFKA_SASL_PASSWORD_FILE": str(file)}) == {"sasl.password": "hunter3"}
    with pytest.raises(KafkaSettingsError, match=r"TOKPULSE_KAFKA_SASL_PASSWORD_FILE: cannot read .*: No such file"):
        security({"TOKPULSE_KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "absent")})


def test_a_value_and_a_file_for_it_are_refused(tmp_path: Path) -> None:
    both = {"TOKPULSE_KAFKA_SASL_PASSWORD": "old", "TOKPULSE_KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "new")}
    with pytest.raises(KafkaSettingsError, match="TOKPULSE_KAFKA_SASL_PASSWORD and TOKPULSE_KAFKA_SASL_PASSWORD_FILE are both set"):
        security(both)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(KafkaSettingsError, match=r"TOKPULSE_KAFKA_SASL_PASSWORD_FILE: cannot read .* is not UTF-8"):
        security({"TOKPULSE_KAFKA_SASL_PASSWORD_FILE": str(file)})


def test_what_java_spells_otherwise() -> None:
    assert for_flink({"ssl.endpoint.identification.algorithm": "none"}) == {"ssl.endpoint.identification.algorithm": ""}
    with pytest.raises(KafkaSettingsError, match="TOKPULSE_KAFKA_SASL_MECHANISM: jobs cannot use OAUTHBEARER"):
        for_flink({"sasl.mechanism": "OAUTHBEARER"})
    with pytest.raises(KafkaSettingsError, match="TOKPULSE_KAFKA_SSL_KEYSTORE_LOCATION: jobs do not know this setting"):
        for_flink({"ssl.keystore.location": "/own.p12"})


def test_a_refusal_explains_silence_and_nothing_else() -> None:
    client = clients.admin("127.0.0.1:1")
    silent, other = (KafkaException(KafkaError(code)) for code in (KafkaError._TIMED_OUT, KafkaError.GROUP_AUTHORIZATION_FAILED))
    assert "uthentication" not in clients.why(client, silent)
    clients.remember(KafkaError(KafkaError._AUTHENTICATION, "Authentication failed:  wrong\npassword"))
    assert clients.why(client, silent) == "Authentication failed: wrong password"
    assert "Authentication failed" not in clients.why(client, other)


def test_jobs_have_the_same_without_the_password() -> None:
    assert for_flink(security(SECURE)) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "sasl.client.callback.handler.class": "io.tokpulse.flink.kafka.EnvironmentCredentials",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "/ca.pem",
    }
    with pytest.raises(KafkaSettingsError, match="TOKPULSE_KAFKA_SSL_CIPHER_SUITES: jobs do not know this setting"):
        for_flink({"ssl.cipher.suites": "x"})


def test_a_setting_that_the_client_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKPULSE_KAFKA_SECURITY_PROTOCOL", "NONSENSE")
    for make in (lambda: clients.admin("h:1"), lambda: clients.reader("h:1", "g"), lambda: clients.producer("h:1", {})):
        with pytest.raises(KafkaSettingsError, match=r"bad Kafka settings: .*security\.protocol"):
            make()
