-- From when until when each connection to a LIVE room was open. One that ended by itself says until when; of one whose connector was
-- killed the newest sign of life counts, which is an event or an `alive` of its own.
CREATE TABLE IF NOT EXISTS live_connections
(
    room_id String,
    connection_id String,
    connected_at SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    closed_at SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
    alive_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    close_name SimpleAggregateFunction(max, String)
)
ENGINE = AggregatingMergeTree
ORDER BY (room_id, connection_id)
SETTINGS index_granularity = 1024
