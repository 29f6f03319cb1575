"""The local stack: Kafka, schema registry, ClickHouse's HTTP front and Flink, each a supervised process on 127.0.0.1."""
