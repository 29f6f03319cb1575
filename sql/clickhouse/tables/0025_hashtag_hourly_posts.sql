-- A post counts once in an hour for each hashtag of any title observed then; its plays and engagement are the maxima of these
-- observations. A title's hashtags stay together: one row per post, hour and set of hashtags.
CREATE TABLE IF NOT EXISTS hashtag_hourly_posts
(
    window_start DateTime64(3, 'UTC'),
    aweme_id String,
    hashtags Array(LowCardinality(String)),
    author_id SimpleAggregateFunction(max, String),
    play_count SimpleAggregateFunction(max, UInt64),
    engagement_total SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id, hashtags)
SETTINGS index_granularity = 1024
