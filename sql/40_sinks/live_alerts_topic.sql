-- Question: where do consumers read which LIVE rooms reach their threshold, as soon as it is seen?
-- Grain:    one record per row of live_alerts; a replay may repeat it.
-- Key:      room_id.
CREATE TEMPORARY TABLE live_alerts_topic (
  kafka_key STRING,
  room_id STRING NOT NULL,
  author_id STRING NOT NULL,
  what STRING NOT NULL,
  observed_at TIMESTAMP(3) NOT NULL,
  window_minutes INT NOT NULL,
  reached BIGINT NOT NULL,
  host_follower_count BIGINT,
  tier STRING NOT NULL,
  threshold DOUBLE NOT NULL,
  threshold_version STRING NOT NULL
) WITH (
  'connector' = 'kafka',
  'topic' = ${LIVE_ALERTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.linger.ms' = '5',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-once',
  'value.avro-confluent-once.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-once.subject' = ${LIVE_ALERTS_SUBJECT},
  'value.avro-confluent-once.schema' = ${LIVE_ALERTS_SCHEMA},
  'sink.delivery-guarantee' = 'at-least-once'
)
