"""Every Kafka client of the project is made here: what all of them share, and the security settings of the environment.

A variable `TOKPULSE_KAFKA_SECURITY_...`, `..._SASL_...` or `..._SSL_...` is the setting of librdkafka that its rest spells:
`TOKPULSE_KAFKA_SASL_MECHANISM` is `sasl.mechanism`. With `_FILE` behind it, it names the file that holds the value.
"""

from __future__ import annotations

import logging
import os
import re
import time
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
# The last refusal by a broker, and when it was (monotonic seconds).
_refusals: deque[tuple[str, float]] = deque(maxlen=1)
# A failed call takes at most so long.
_RECENT_S = 60.0
# What a call fails with when no broker has said anything.
NO_ANSWER = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)
_CREDENTIALS = "io.tokpulse.flink.kafka.EnvironmentCredentials"
_FROM_ENVIRONMENT = ("sasl.username", "sasl.password")
# Java takes PEM, but has to be told.
_PEM = {"ssl.ca.location": "ssl.truststore"}
_KNOWN_TO_JOBS = ("security.protocol", "sasl.mechanism", *_FROM_ENVIRONMENT, *_PEM, "ssl.endpoint.identification.algorithm")


class KafkaSettingsError(TokpulseError):
    """A client cannot be made of the settings; the message names the one that is wrong."""


def security(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The security settings that the environment gives, as librdkafka names them. Raises KafkaSettingsError."""
    environ = os.environ if environ is None else environ
    settings: dict[str, str] = {}
    for variable in sorted(environ):
        match = _SECURITY.fullmatch(variable)
        if match is not None and environ[variable]:
            name = match[1].lower().replace("_", ".")
            if name in settings:
                raise KafkaSettingsError(f"{PREFIX}{match[1]} and {variable} are both set", "unset one of them")
            settings[name] = _value(variable, environ[variable], match[2] is not None)
    return settings


def _value(variable: str, text: str, is_file: bool) -> str:
    if not is_file:
        return text
    try:
        return Path(text).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise KafkaSettingsError(f"{variable}: cannot read {text}: {reason}", "correct the path, or unset it") from None


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
        elif name == "security.protocol":
            java[name] = value
        elif name == "ssl.endpoint.identification.algorithm":
            java[name] = "" if value == "none" else value
        elif name not in _FROM_ENVIRONMENT:
            variable = PREFIX + name.upper().replace(".", "_")
            raise KafkaSettingsError(f"{variable}: jobs do not know this setting", f"they know {', '.join(_KNOWN_TO_JOBS)}")
    return java


def _login(mechanism: str) -> str:
    if mechanism != "PLAIN" and not mechanism.startswith("SCRAM-"):
        raise KafkaSettingsError(f"{PREFIX}SASL_MECHANISM: jobs cannot use {mechanism}", "they can use PLAIN and SCRAM-...")
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
    """For `error_cb`: keeps the reason when a broker refuses the connection. The call that fails says only that nobody answered."""
    if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
        _refusals.append((" ".join(error.str().split()), time.monotonic()))


def why(client: AdminClient | Producer, error: KafkaException) -> str:
    """Why a call of `client` failed: the broker's refusal if there was one just now, else what `error` says."""
    # Callbacks wait for it.
    client.poll(0)
    if _refusals and error.args[0].code() in NO_ANSWER and time.monotonic() - _refusals[-1][1] < _RECENT_S:
        return _refusals[-1][0]
    return reason_of(error)


def reason_of(error: KafkaException) -> str:
    """What the client says, without its codes."""
    first = error.args[0] if error.args else error
    return first.str() if isinstance(first, KafkaError) else str(first)


def _wrong(error: Exception) -> KafkaSettingsError:
    reason = reason_of(error) if isinstance(error, KafkaException) else str(error)
    return KafkaSettingsError(f"bad Kafka settings: {reason}", f"see the variables {PREFIX}SECURITY_..., SASL_... and SSL_...")
