-- Every response of an upstream as it was received, for what nobody thought of when it came. Pollers write it beside the topics: it may
-- miss responses (they are counted then), and a response that was written again after a lost reply is there twice, with one request_id.
CREATE TABLE IF NOT EXISTS raw_api_responses
(
    ingested_at DateTime64(3, 'UTC') COMMENT 'When the response was received, the poller''s clock',
    upstream LowCardinality(String) COMMENT 'Which service, e.g. tikliveapi',
    endpoint LowCardinality(String) COMMENT 'Path of the request, e.g. /user-posts/',
    request_param String COMMENT 'Parameters of the request by name, e.g. count=35&userid=1; never a key',
    http_status UInt16 COMMENT 'HTTP status; 0 when no response came',
    payload String CODEC(ZSTD(3)) COMMENT 'The body as received; with pseudonyms where they are configured',
    request_id UUID COMMENT 'Of this request, made by the poller',
    elapsed_ms UInt32 COMMENT 'From the request to the last byte'
)
ENGINE = MergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (endpoint, request_param, ingested_at)
TTL toDateTime(ingested_at) + INTERVAL 6 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Responses of upstream services, kept for 6 months';
