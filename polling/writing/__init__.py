"""Pages on their way to Kafka: records, repeats left out, cursors, dead letters."""
