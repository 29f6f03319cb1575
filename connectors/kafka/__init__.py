"""Kafka: topics and their schemas, the registry, producers, consumers, dead letters."""
