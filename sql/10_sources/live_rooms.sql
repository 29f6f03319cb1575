-- Question: when was each LIVE room on air, and when was it watched?
-- Grain:    one row per record of the topic; a record that cannot be decoded is a row of NULLs with `error` and `payload` set.
-- Key:      room_id (Kafka key, kept as received for the dead-letter queue).
-- Time:     event_time = ingested_at, when the change was observed; the watermark trails it by ${WATERMARK_DELAY}.
-- Only the columns that jobs read are declared: the format skips the others without decoding them.
CREATE TEMPORARY TABLE live_rooms (
  kafka_key BYTES,
  room_id STRING,
  change STRING,
  host_id STRING,
  host_unique_id STRING,
  connection_id STRING,
  source STRING,
  close_code BIGINT,
  close_name STRING,
  outcome STRING,
  reason STRING,
  connected_at BIGINT,
  until_at BIGINT,
  started_at BIGINT,
  title STRING,
  viewer_count BIGINT,
  total_viewers BIGINT,
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
  'topic' = ${LIVE_ROOMS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.group.id' = ${GROUP_ID},
  'properties.isolation.level' = 'read_committed',
  'properties.client.id.prefix' = ${LIVE_ROOMS_CLIENT},
  'properties.fetch.max.bytes' = '16777216',
  'scan.startup.mode' = ${STARTUP_MODE},
  'scan.bounded.mode' = ${BOUNDED_MODE},
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-dlq',
  'value.avro-confluent-dlq.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-dlq.schema' = ${LIVE_ROOMS_SCHEMA},
  'value.avro-confluent-dlq.name' = ${LIVE_ROOMS_TOPIC},
  'value.avro-confluent-dlq.non-negative' = 'events;repeats;viewer_count;total_viewers',
  'value.avro-confluent-dlq.event-time-field' = 'ingested_at',
  'value.avro-confluent-dlq.event-time-max-ahead' = ${MAX_AHEAD},
  'value.avro-confluent-dlq.stop-after-consecutive' = ${STOP_AFTER_CONSECUTIVE},
  'value.avro-confluent-dlq.stop-ratio' = ${STOP_RATIO}
)
