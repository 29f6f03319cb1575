-- Question: what did pollers observe of each user, read by Flink's own Avro format?
-- Grain:    one row per record of the topic; any record that cannot be decoded fails the job.
-- Key:      userid.   Time: event_time = ingested_at; the watermark trails it by ${WATERMARK_DELAY}.
CREATE TEMPORARY TABLE users_snapshots (
  userid STRING,
  stats ROW<followerCount BIGINT>,
  ingested_at BIGINT,
  event_time AS TO_TIMESTAMP_LTZ(ingested_at, 3),
  WATERMARK FOR event_time AS event_time - ${WATERMARK_DELAY}
) WITH (
  'connector' = 'kafka',
  'topic' = ${USERS_SNAPSHOTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.group.id' = 'tokpulse-bench-plain-comments',
  'properties.isolation.level' = 'read_committed',
  'properties.fetch.max.bytes' = '16777216',
  'scan.startup.mode' = ${STARTUP_MODE},
  'scan.bounded.mode' = ${BOUNDED_MODE},
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = ${SCHEMA_REGISTRY_URL}
)
