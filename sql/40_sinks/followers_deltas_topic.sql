-- Question: where do consumers other than ClickHouse read how follower counts change?
-- Grain:    one record per user and pair of consecutive snapshots, exactly once for read_committed consumers, whatever fails; a new submission writes them again.
-- Key:      userid.
-- 15 min is the longest transaction that a broker allows by default: an outage longer than that may abort what was already checkpointed.
CREATE TEMPORARY TABLE followers_deltas_topic (
  kafka_key STRING,
  userid STRING NOT NULL,
  t_prev TIMESTAMP(3) NOT NULL,
  t_now TIMESTAMP(3) NOT NULL,
  delta BIGINT NOT NULL,
  prev_count BIGINT NOT NULL,
  curr_count BIGINT NOT NULL
) WITH (
  'connector' = 'kafka',
  'topic' = ${FOLLOWERS_DELTAS_TOPIC},
  'properties.bootstrap.servers' = ${KAFKA_BOOTSTRAP_SERVERS}${KAFKA_SECURITY},
  'properties.compression.type' = 'zstd',
  'properties.linger.ms' = '50',
  'properties.transaction.timeout.ms' = '900000',
  'key.format' = 'raw',
  'key.fields' = 'kafka_key',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.format' = 'avro-confluent-once',
  'value.avro-confluent-once.url' = ${SCHEMA_REGISTRY_URL},
  'value.avro-confluent-once.subject' = ${FOLLOWERS_DELTAS_SUBJECT},
  'value.avro-confluent-once.schema' = ${FOLLOWERS_DELTAS_SCHEMA},
  'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = ${FOLLOWERS_DELTAS_CLIENT}
)
