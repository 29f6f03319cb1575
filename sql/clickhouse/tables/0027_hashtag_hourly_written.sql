-- Which hours of hashtag_hourly have changed, and when.
CREATE TABLE IF NOT EXISTS hashtag_hourly_written
(
    window_start DateTime64(3, 'UTC'),
    written_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY window_start
