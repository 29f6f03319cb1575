-- Every response of an upstream as it was received, for what nobody thought of when it came. Pollers write it beside the topics: it
-- may miss responses (they are counted then), and a response that was written again after a lost reply is there twice, with one
-- request_id.
CREATE TABLE IF NOT EXISTS raw_api_responses
(
    ingested_at DateTime64(3, 'UTC'),
    upstream LowCardinality(String),
    endpoint LowCardinality(String),
    request_param String,
    http_status UInt16,
    payload String CODEC(ZSTD(3)),
    request_id UUID,
    elapsed_ms UInt32
)
ENGINE = MergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (endpoint, request_param, ingested_at)
TTL toDateTime(ingested_at) + INTERVAL 6 MONTH
SETTINGS ttl_only_drop_parts = 1
