-- Question: where do quarantined post records wait for a replay?
-- Grain:    one record per quarantined record: key and value bytes as received, coordinates and reason in headers.
-- Key:      as received.
CREATE TEMPORARY TABLE posts_events_dlq (
  kafka_key BYTES,
  payload BYTES,
  headers MAP<STRING, BYTES> METADATA
) WITH (
  'connector' = 'kafka',
  'topic' = ${DLQ_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS},
  'properties.compression.type' = 'zstd',
  'properties.max.request.size' = '16777216',
  'properties.buffer.memory' = '67108864',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.format' = 'raw',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once'
)
