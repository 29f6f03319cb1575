-- Question: where do consumers read which posts take off, as soon as it is seen?
-- Grain:    one record per row of momentum_alerts, once, when the tasks of before have ended; it can be read at once. The header `alert` names it.
-- Key:      aweme_id.
CREATE TEMPORARY TABLE momentum_alerts_topic (
  kafka_key STRING,
  aweme_id STRING NOT NULL,
  author_id STRING NOT NULL,
  observed_at TIMESTAMP(3) NOT NULL,
  window_minutes INT NOT NULL,
  delta_plays BIGINT NOT NULL,
  plays_per_hour DOUBLE NOT NULL,
  author_follower_count BIGINT,
  tier STRING NOT NULL,
  threshold DOUBLE NOT NULL,
  threshold_version STRING NOT NULL,
  play_count BIGINT NOT NULL,
  headers MAP<STRING, BYTES> METADATA
) WITH (
  'connector' = 'kafka-once',
  'once.header' = 'alert',
  'topic' = ${MOMENTUM_ALERTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.enable.idempotence' = 'true',
  'properties.linger.ms' = '5',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-once',
  'value.avro-confluent-once.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-once.subject' = ${MOMENTUM_ALERTS_SUBJECT},
  'value.avro-confluent-once.schema' = ${MOMENTUM_ALERTS_SCHEMA},
  'sink.delivery-guarantee' = 'at-least-once'
)
