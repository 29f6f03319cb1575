-- Question: where do consumers read who gains followers faster than the rules allow for?
-- Grain:    one record per user, snapshot and broken rule; a replay may repeat it.
-- Key:      userid.
CREATE TEMPORARY TABLE followers_alerts_topic (
  kafka_key STRING,
  userid STRING NOT NULL,
  t_from TIMESTAMP(3) NOT NULL,
  t_now TIMESTAMP(3) NOT NULL,
  gained BIGINT NOT NULL,
  from_count BIGINT NOT NULL,
  curr_count BIGINT NOT NULL,
  within_hours INT NOT NULL,
  threshold BIGINT NOT NULL,
  threshold_version STRING NOT NULL
) WITH (
  'connector' = 'kafka',
  'topic' = ${FOLLOWERS_ALERTS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.linger.ms' = '50',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-once',
  'value.avro-confluent-once.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-once.subject' = ${FOLLOWERS_ALERTS_SUBJECT},
  'value.avro-confluent-once.schema' = ${FOLLOWERS_ALERTS_SCHEMA},
  'sink.delivery-guarantee' = 'at-least-once'
)
