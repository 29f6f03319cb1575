-- The newest minute that has closed, in one row. Finality belongs to the minute: a room that fell silent has no final row of its own.
CREATE TABLE IF NOT EXISTS live_minutes_closed
(
    one UInt8,
    minute SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY one
