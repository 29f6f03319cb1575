-- Question: where do consumers other than ClickHouse read hourly engagement?
-- Grain:    as engagement_hourly_results: a closed hour of a post, then its late corrections.
-- Key:      aweme_id.
CREATE TEMPORARY TABLE engagement_hourly_topic (
  kafka_key STRING,
  aweme_id STRING NOT NULL,
  author_id STRING NOT NULL,
  window_start TIMESTAMP(3) NOT NULL,
  window_end TIMESTAMP(3) NOT NULL,
  play_count BIGINT NOT NULL,
  digg_count BIGINT NOT NULL,
  comment_count BIGINT NOT NULL,
  share_count BIGINT NOT NULL,
  engagement_total BIGINT NOT NULL,
  engagement_rate_plays DOUBLE,
  is_final INT NOT NULL
) WITH (
  'connector' = 'kafka',
  'topic' = ${ENGAGEMENT_HOURLY_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.linger.ms' = '50',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-once',
  'value.avro-confluent-once.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-once.subject' = ${ENGAGEMENT_HOURLY_SUBJECT},
  'value.avro-confluent-once.schema' = ${ENGAGEMENT_HOURLY_SCHEMA},
  'sink.delivery-guarantee' = 'at-least-once'
)
