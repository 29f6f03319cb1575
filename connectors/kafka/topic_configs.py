"""Sets settings of topics that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from connectors.kafka.topics import Topic

_TIMEOUT_S = 60.0


def settle(admin: AdminClient, topics: Sequence[Topic]) -> list[str]:
    """Gives each topic the settings of `topics.yaml` that it lacks; one line per change. Raises KafkaException."""
    if not topics:
        return []
    described = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic.name) for topic in topics])
    have = {resource.name: future.result(_TIMEOUT_S) for resource, future in described.items()}
    changes = []
    for topic in topics:
        wrong = {}
        for key, value in topic.configs().items():
            entry = have[topic.name].get(key)
            if entry is None or _normal(entry.value) != _normal(value):
                wrong[key] = value
        if wrong:
            set_configs(admin, topic.name, wrong)
        changes += [f"{topic.name}: {key} = {value}" for key, value in wrong.items()]
    return changes


def set_configs(admin: AdminClient, topic: str, values: Mapping[str, str]) -> None:
    """Sets these settings and leaves the others alone. Raises KafkaException."""
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in values.items()]
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(_TIMEOUT_S)


def _normal(value: str | None) -> list[str]:
    """A list-valued setting means the same in any order."""
    return sorted((value or "").split(","))
