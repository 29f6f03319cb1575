-- Which hours hashtag_hourly_kept has.
CREATE TABLE IF NOT EXISTS hashtag_hourly_kept_hours
(
    window_start DateTime64(3, 'UTC'),
    kept_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY window_start
