"""What touches the outside world: Kafka, the schema registry, ClickHouse, captured API responses. Knows nothing of jobs."""
