-- Question: what did pollers observe of each post?
-- Grain:    one row per record of the topic; a record that cannot be decoded is a row of NULLs with `error` and `payload` set.
-- Key:      aweme_id (Kafka key, kept as received for the dead-letter queue).
-- Time:     event_time = ingested_at, the moment of observation; the watermark trails it by ${WATERMARK_DELAY}.
-- Only the columns that jobs read are declared: the format skips the others without decoding them.
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
  error STRING METADATA FROM 'value.error' VIRTUAL,
  payload BYTES METADATA FROM 'value.payload' VIRTUAL,
  kafka_partition INT METADATA FROM 'partition' VIRTUAL,
  kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
  event_time AS TO_TIMESTAMP_LTZ(ingested_at, 3),
  WATERMARK FOR event_time AS event_time - ${WATERMARK_DELAY}
) WITH (
  'connector' = 'kafka-drained',
  'idle.timeout' = ${IDLE_TIMEOUT},
  'topic' = ${POSTS_EVENTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.group.id' = ${GROUP_ID},
  'properties.isolation.level' = 'read_committed',
  'properties.client.id.prefix' = ${POSTS_EVENTS_CLIENT},
  'properties.fetch.max.bytes' = '16777216',
  'scan.startup.mode' = ${STARTUP_MODE},
  'scan.bounded.mode' = ${BOUNDED_MODE},
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-dlq',
  'value.avro-confluent-dlq.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-dlq.schema' = ${POSTS_EVENTS_SCHEMA},
  'value.avro-confluent-dlq.name' = ${POSTS_EVENTS_TOPIC},
  'value.avro-confluent-dlq.non-negative' = 'play_count;digg_count;comment_count;share_count;download_count;collect_count',
  'value.avro-confluent-dlq.event-time-field' = 'ingested_at',
  'value.avro-confluent-dlq.event-time-max-ahead' = ${MAX_AHEAD},
  'value.avro-confluent-dlq.stop-after-consecutive' = ${STOP_AFTER_CONSECUTIVE},
  'value.avro-confluent-dlq.stop-ratio' = ${STOP_RATIO}
)
