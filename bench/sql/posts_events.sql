-- Question: what does reading cost with Flink's own connector and Avro format, which cannot quarantine?
-- Grain:    one row per record of the topic; any record that cannot be decoded fails the job.
-- Key:      aweme_id.
-- Time:     event_time = ingested_at; the watermark trails it by ${WATERMARK_DELAY}. As in sql/10_sources/posts_events.sql.
-- The same columns as there; `error` and `payload` are constants here.
CREATE TEMPORARY TABLE posts_events (
  kafka_key BYTES,
  aweme_id STRING,
  region STRING,
  title STRING,
  duration INT,
  play_count BIGINT,
  digg_count BIGINT,
  comment_count BIGINT,
  share_count BIGINT,
  download_count BIGINT,
  collect_count BIGINT,
  create_time BIGINT,
  author_id STRING,
  ingested_at BIGINT,
  error AS CAST(NULL AS STRING),
  payload AS CAST(NULL AS BYTES),
  kafka_partition INT METADATA FROM 'partition' VIRTUAL,
  kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
  event_time AS TO_TIMESTAMP_LTZ(ingested_at, 3),
  WATERMARK FOR event_time AS event_time - ${WATERMARK_DELAY}
) WITH (
  'connector' = 'kafka',
  'topic' = ${POSTS_EVENTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.group.id' = 'tokpulse-bench-blackhole',
  'properties.isolation.level' = 'read_committed',
  'properties.client.id.prefix' = 'tokpulse-bench-blackhole',
  'properties.fetch.max.bytes' = '16777216',
  'scan.startup.mode' = ${STARTUP_MODE},
  'scan.bounded.mode' = ${BOUNDED_MODE},
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = ${SCHEMA_REGISTRY_URL}
)
