"""Creates the topics of `topics.yaml` and brings existing ones to their settings."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.kafka.topic_configs import settle
from connectors.kafka.topics import Topic, Topics

_TIMEOUT_S = 30.0


class TopicSetupError(TokpulseError):
    """A topic cannot be created, or exists with more partitions than it is to have; the message names it."""


def apply_topics(admin: AdminClient, topics: Topics, replication: int = 1) -> list[str]:
    """Makes the broker's topics agree with `topics`, touching no other; returns one line per change, so [] when all is well.

    A topic with too few partitions gets more; partitions cannot be taken away, so too many raise TopicSetupError.
    """
    try:
        existing = {name: len(data.partitions) for name, data in admin.list_topics(timeout=_TIMEOUT_S).topics.items()}
        changes = _create(admin, [topic for topic in topics if topic.name not in existing], replication)
        present = [topic for topic in topics if topic.name in existing]
        changes += _grow(admin, present, existing)
        return changes + settle(admin, present)
    except KafkaException as error:
        raise TopicSetupError(f"Kafka: {clients.reason_of(error)}", "check with `tokpulse status` that the broker is up") from error


def _create(admin: AdminClient, topics: list[Topic], replication: int) -> list[str]:
    if not topics:
        return []
    new = [NewTopic(topic.name, topic.partitions, replication, config=topic.configs()) for topic in topics]
    changes = []
    for name, future in admin.create_topics(new, operation_timeout=_TIMEOUT_S).items():
        try:
            future.result(_TIMEOUT_S)
            changes.append(f"created {name}")
        except KafkaException as error:
            # Somebody else may have created it since the listing.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicSetupError(f"topic {name}: {clients.reason_of(error)}") from error
    return changes


def _grow(admin: AdminClient, topics: list[Topic], existing: dict[str, int]) -> list[str]:
    changes = []
    for topic in topics:
        have = existing[topic.name]
        if have > topic.partitions:
            raise TopicSetupError(
                f"topic {topic.name} has {have} partitions, topics.yaml says {topic.partitions}",
                "Kafka cannot remove partitions: raise the number in topics.yaml, or delete the topic",
            )
        if have < topic.partitions:
            admin.create_partitions([NewPartitions(topic.name, topic.partitions)])[topic.name].result(_TIMEOUT_S)
            changes.append(f"{topic.name}: {have} -> {topic.partitions} partitions")
    return changes
