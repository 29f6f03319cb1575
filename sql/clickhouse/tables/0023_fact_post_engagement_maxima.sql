-- Engagement of each post by the UTC day of observation. Counters are maxima of the day, which any insert may raise at any time: no
-- filter on a lookback is needed, a row that comes a month late finds its day by its key.
CREATE TABLE IF NOT EXISTS fact_post_engagement_maxima
(
    aweme_id String,
    snapshot_date Date,
    author_id SimpleAggregateFunction(max, String),
    created_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    play_count SimpleAggregateFunction(max, UInt64),
    digg_count SimpleAggregateFunction(max, UInt64),
    comment_count SimpleAggregateFunction(max, UInt64),
    share_count SimpleAggregateFunction(max, UInt64),
    download_count SimpleAggregateFunction(max, UInt64),
    collect_count SimpleAggregateFunction(max, UInt64),
    engagement_total SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(snapshot_date)
ORDER BY (snapshot_date, aweme_id)
SETTINGS index_granularity = 1024
