-- The newest hour that has closed, in one row. Finality belongs to the hour: a post whose last task fell silent has no final row of
-- its own.
CREATE TABLE IF NOT EXISTS engagement_hourly_closed
(
    one UInt8,
    window_start SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY one
