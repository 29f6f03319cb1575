"""The versions in Kafka: the log that outlives every database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.errors import TokpulseError
from connectors.kafka.avro import AvroCodec, WireFormatError, split
from connectors.kafka.registry import SchemaNotFoundError
from thresholds.versions import VersionRecordError, from_record, ordered
from udfs.thresholds import ThresholdVersion

TOPIC = "tokpulse.thresholds"
_CONNECT_S = 10.0
_TIMEOUT_S = 30.0
_POLL_S = 1.0

# Broken connections show in our own errors, not on stderr.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

Schemas = Callable[[int], str]


class ThresholdsTopicError(TokpulseError):
    """The topic of versions cannot be read."""


@dataclass(frozen=True)
class Log:
    """What the topic holds: `versions` oldest first, and a line for each record that is none."""

    versions: tuple[ThresholdVersion, ...]
    unreadable: tuple[str, ...]


def read_topic(servers: str, schemas: Schemas) -> Log:
    """Everything in the topic up to now, committed records only. `schemas` gives the JSON text of a schema id.

    Raises ThresholdsTopicError, or RegistryUnavailableError from `schemas`.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "tokpulse-thresholds",  # demanded by the client; nothing is committed
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "error_cb": lambda _: None,
            "log_level": 0,
        },
        logger=_LOG,
    )
    try:
        # Without this, a broker that is away looks like a topic that does not end.
        error = consumer.list_topics(TOPIC, timeout=_CONNECT_S).topics[TOPIC].error
        if error is not None:
            raise _unreadable(servers, error.str())
        consumer.assign([TopicPartition(TOPIC, 0, OFFSET_BEGINNING)])
        return decode(_messages(consumer, servers), schemas)
    except KafkaException as error:
        raise _unreadable(servers, error.args[0].str()) from error
    finally:
        consumer.close()


def decode(records: Iterator[tuple[int, bytes | None]], schemas: Schemas) -> Log:
    """The versions among `records`, (offset, value) each; one that cannot be read does not hide the others."""
    codecs: dict[int, AvroCodec] = {}
    versions, unreadable = [], []
    for offset, value in records:
        try:
            schema_id, body = split(value or b"")
            if schema_id not in codecs:
                codecs[schema_id] = AvroCodec(schemas(schema_id))
            versions.append(from_record(codecs[schema_id].decode(body)))
        except (WireFormatError, VersionRecordError, SchemaNotFoundError, KeyError) as error:
            reason = error.message if isinstance(error, TokpulseError) else f"has no field {error}"
            unreadable.append(f"skipped {TOPIC}[0]@{offset}: {reason}")
    return Log(tuple(ordered(versions)), tuple(unreadable))


def _messages(consumer: Consumer, servers: str) -> Iterator[tuple[int, bytes | None]]:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        message: Message | None = consumer.poll(_POLL_S)
        if message is None:
            continue
        error = message.error()
        if error is None:
            yield message.offset() or 0, message.value()
        elif error.code() == KafkaError._PARTITION_EOF:
            return
        else:
            raise _unreadable(servers, error.str())
    raise _unreadable(servers, f"no end after {_TIMEOUT_S:.0f} s")


def _unreadable(servers: str, reason: str) -> ThresholdsTopicError:
    return ThresholdsTopicError(f"cannot read {TOPIC} at {servers}: {reason}", "`tokpulse status` shows the local broker")
