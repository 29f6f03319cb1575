-- Question: where do quarantined records wait for a replay?
-- Grain:    one record per quarantined record: key and value bytes as received, coordinates and reason in headers.
-- Key:      as received.
-- The producer measures values before compression, the broker after: a large value that compresses well could be read and must fit.
CREATE TEMPORARY TABLE <topic>_dlq (
  kafka_key BYTES,
  payload BYTES,
  headers MAP<STRING, BYTES> METADATA
) WITH (
  'connector' = 'kafka',
  'topic' = ${<TOPIC>_DLQ_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.max.request.size' = '134217728',
  'properties.buffer.memory' = '134217728',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.format' = 'raw',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once'
)
