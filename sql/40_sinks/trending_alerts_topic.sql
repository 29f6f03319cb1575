-- Question: where do consumers other than ClickHouse read which posts trend?
-- Grain:    one record per trending post-hour; a replay may repeat it.
-- Key:      aweme_id.
CREATE TEMPORARY TABLE trending_alerts_topic (
  kafka_key STRING,
  aweme_id STRING NOT NULL,
  author_id STRING NOT NULL,
  window_start TIMESTAMP(3) NOT NULL,
  window_end TIMESTAMP(3) NOT NULL,
  play_count BIGINT NOT NULL,
  prev_play_count BIGINT NOT NULL,
  prev_window_end TIMESTAMP(3) NOT NULL,
  gap_hours INT NOT NULL,
  delta_plays BIGINT NOT NULL,
  delta_plays_per_hour DOUBLE NOT NULL,
  author_follower_count BIGINT,
  snapshot_status STRING NOT NULL,
  tier STRING NOT NULL,
  threshold DOUBLE NOT NULL,
  threshold_version STRING NOT NULL,
  early_alert_at TIMESTAMP(3)
) WITH (
  'connector' = 'kafka',
  'topic' = ${TRENDING_ALERTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.linger.ms' = '50',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-once',
  'value.avro-confluent-once.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-once.subject' = ${TRENDING_ALERTS_SUBJECT},
  'value.avro-confluent-once.schema' = ${TRENDING_ALERTS_SCHEMA},
  'sink.delivery-guarantee' = 'at-least-once'
)
