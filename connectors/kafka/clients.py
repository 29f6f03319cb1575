"""Every Kafka client of the project is made here: what all of them share, and the security settings of the environment.

A variable `TOKPULSE_KAFKA_SECURITY_...`, `..._SASL_...` or `..._SSL_...` is the setting of librdkafka that its rest spells:
`TOKPULSE_KAFKA_SASL_MECHANISM` is `sasl.mechanism`. With `_FILE` behind it, it names the file that holds the value.
"""

from __future__ import annotations

import logging
import os
import re
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from connectors.errors import TokpulseError

PREFIX = "TOKPULSE_KAFKA_"
_SECURITY = re.compile(rf"{PREFIX}((?:SECURITY|SASL|SSL)_[A-Z0-9_]+?)(_FILE)?")

# Broken connections show in our own errors, not on stderr.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False
# An address that does not answer is named after this time.
_SHARED: Mapping[str, Any] = {"log_level": 0, "socket.connection.setup.timeout.ms": 5_000}
_READER: Mapping[str, Any] = {
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    # A broker holds back the answer that there is no more for so long, by default half a second: that of every partition whose last
    # record is a mark of a transaction.
    "fetch.wait.max.ms": 20,
    "auto.offset.reset": "earliest",
}
# Of this process, the newest last.
_refusals: deque[str] = deque(maxlen=1)
_CREDENTIALS = "io.tokpulse.flink.kafka.EnvironmentCredentials"
_SAME = ("security.protocol", "ssl.endpoint.identification.algorithm")
_FROM_ENVIRONMENT = ("sasl.username", "sasl.password")
# Certificates of those that are trusted; own certificate and key, for Java in one file.
_PEM = {"ssl.ca.location": "ssl.truststore", "ssl.keystore.location": "ssl.keystore"}
_KNOWN_TO_JOBS = (*_SAME, "sasl.mechanism", *_FROM_ENVIRONMENT, *_PEM)


class KafkaSettingsError(TokpulseError):
    """A client cannot be made of the settings; the message names the one that is wrong."""


def security(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The security settings that the environment gives, as librdkafka names them. Raises KafkaSettingsError."""
    environ = os.environ if environ is None else environ
    settings: dict[str, str] = {}
    for variable in sorted(environ):
        match = _SECURITY.fullmatch(variable)
        if match is not None and environ[variable]:
            settings[match[1].lower().replace("_", ".")] = _value(variable, environ[variable], match[2] is not None)
    return settings


def _value(variable: str, text: str, is_file: bool) -> str:
    if not is_file:
        return text
    try:
        return Path(text).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise KafkaSettingsError(f"{variable}: cannot read {text}: {error.strerror}", "correct the path, or unset it") from None


def for_flink(settings: Mapping[str, str]) -> dict[str, str]:
    """`settings` of `security` as Java's client names them, without user and password, which each process reads from its own
    environment (`EnvironmentCredentials` in connectors/flink/java). Raises KafkaSettingsError for one that jobs cannot have.
    """
    java: dict[str, str] = {}
    for name, value in settings.items():
        if name in ("sasl.mechanism", "sasl.mechanisms"):
            java |= {"sasl.mechanism": value, "sasl.jaas.config": _login(value), "sasl.client.callback.handler.class": _CREDENTIALS}
        elif name in _PEM:
            java |= {f"{_PEM[name]}.type": "PEM", f"{_PEM[name]}.location": value}
        elif name in _SAME:
            java[name] = value
        elif name not in _FROM_ENVIRONMENT:
            variable = PREFIX + name.upper().replace(".", "_")
            raise KafkaSettingsError(f"{variable}: jobs do not know this setting", f"they know {', '.join(_KNOWN_TO_JOBS)}")
    return java


def _login(mechanism: str) -> str:
    kind = "plain.Plain" if mechanism == "PLAIN" else "scram.Scram"
    return f"org.apache.flink.kafka.shaded.org.apache.kafka.common.security.{kind}LoginModule required;"


def admin(servers: str) -> AdminClient:
    """An admin client. Raises KafkaSettingsError."""
    config = _config(servers, {"error_cb": remember})
    try:
        return AdminClient(config, logger=_LOG)
    except (KafkaException, ValueError, TypeError) as error:
        raise _wrong(error) from error


def reader(servers: str, group: str, **settings: str | int | bool) -> Consumer:
    """A consumer that commits nothing by itself: for reading to the end, or with offsets kept elsewhere.

    The client demands a `group`; `settings` (`_` for `.`) go over the defaults. Raises KafkaSettingsError.
    """
    own = {name.replace("_", "."): value for name, value in settings.items()}
    config = _config(servers, {**_READER, "group.id": group, "error_cb": remember, **own})
    try:
        return Consumer(config, logger=_LOG)
    except (KafkaException, ValueError, TypeError) as error:
        raise _wrong(error) from error


def producer(servers: str, settings: Mapping[str, Any]) -> Producer:
    """A producer with `settings`, as librdkafka names them. Raises KafkaSettingsError."""
    try:
        return Producer(_config(servers, settings), logger=_LOG)
    except (KafkaException, ValueError, TypeError) as error:
        raise _wrong(error) from error


def _config(servers: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**_SHARED, **settings, "bootstrap.servers": servers, **security()}


def remember(error: KafkaError) -> None:
    """For `error_cb`: keeps why a broker did not let us in. What fails for good is raised by the call that fails, without that."""
    if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
        _refusals.append(" ".join(error.str().split()))


def why(client: AdminClient | Consumer | Producer, error: KafkaException) -> str:
    """The reason of `error`, which a call of `client` raised: that it was not let in, where that is why nobody answers."""
    # Callbacks wait for it.
    client.poll(0)
    return _refusals[-1] if _refusals else str(error.args[0].str())


def _wrong(error: Exception) -> KafkaSettingsError:
    reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
    return KafkaSettingsError(f"bad Kafka settings: {reason}", f"see the variables {PREFIX}SECURITY_..., SASL_... and SSL_...")
