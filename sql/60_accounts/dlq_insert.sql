-- Question: which headers tell a reader of the dead-letter queue where a record came from?
-- Grain:    one record per quarantined record.
INSERT INTO <topic>_dlq (kafka_key, payload, headers)
SELECT
  kafka_key,
  payload,
  MAP[
    'error', ENCODE(reason, 'UTF-8'),
    'source.topic', ENCODE(${<TOPIC>_TOPIC}, 'UTF-8'),
    'source.partition', ENCODE(CAST(kafka_partition AS STRING), 'UTF-8'),
    'source.offset', ENCODE(CAST(kafka_offset AS STRING), 'UTF-8'),
    'failed.at', ENCODE(DATE_FORMAT(failed_at, 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''), 'UTF-8')
  ] AS headers
FROM <records>_rejected
