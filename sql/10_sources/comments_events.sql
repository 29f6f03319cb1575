-- Question: what did pollers observe of each comment?
-- Grain:    one row per record of the topic; a record that cannot be decoded is a row of NULLs with `error` set.
-- Key:      id (Kafka key, kept as received for the dead-letter queue).
-- Time:     event_time = ingested_at, the moment of observation; the watermark trails it by ${WATERMARK_DELAY}.
-- Only the columns that jobs read are declared: the format skips the others without decoding them. `payload` is the value of good records,
-- too: one that decodes may still have a text that the sentiment model fails on.
CREATE TEMPORARY TABLE comments_events (
  kafka_key BYTES,
  id STRING,
  video_id STRING,
  text STRING,
  create_time BIGINT,
  digg_count BIGINT,
  reply_total BIGINT,
  `user` ROW<id STRING>,
  ingested_at BIGINT,
  error STRING METADATA FROM 'value.error' VIRTUAL,
  payload BYTES METADATA FROM 'value.received' VIRTUAL,
  kafka_partition INT METADATA FROM 'partition' VIRTUAL,
  kafka_offset BIGINT METADATA FROM 'offset' VIRTUAL,
  event_time AS TO_TIMESTAMP_LTZ(ingested_at, 3),
  WATERMARK FOR event_time AS event_time - ${WATERMARK_DELAY}
) WITH (
  'connector' = 'kafka-drained',
  'idle.timeout' = ${IDLE_TIMEOUT},
  'topic' = ${COMMENTS_EVENTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.group.id' = ${GROUP_ID},
  'properties.isolation.level' = 'read_committed',
  'properties.client.id.prefix' = ${COMMENTS_EVENTS_CLIENT},
  'properties.fetch.max.bytes' = '16777216',
  'scan.startup.mode' = ${STARTUP_MODE},
  'scan.bounded.mode' = ${BOUNDED_MODE},
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-dlq',
  'value.avro-confluent-dlq.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-dlq.schema' = ${COMMENTS_EVENTS_SCHEMA},
  'value.avro-confluent-dlq.name' = ${COMMENTS_EVENTS_TOPIC},
  'value.avro-confluent-dlq.non-negative' = 'create_time;digg_count;reply_total',
  'value.avro-confluent-dlq.event-time-field' = 'ingested_at',
  'value.avro-confluent-dlq.event-time-max-ahead' = ${MAX_AHEAD},
  'value.avro-confluent-dlq.stop-after-consecutive' = ${STOP_AFTER_CONSECUTIVE},
  'value.avro-confluent-dlq.stop-ratio' = ${STOP_RATIO}
)
