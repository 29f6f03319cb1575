-- Dashboards ask for a range of time first: rows lie by time now, in a partition per day, so that a day reads that day. Small granules keep
-- one post cheap to find within its hours. Each statement rebuilds a table from itself and swaps it in at once, so it may be repeated; rows
-- that a job writes during the swap would be lost: no job may run (`tokpulse up` migrates before jobs are submitted).
CREATE OR REPLACE TABLE engagement_hourly_maxima
(
    aweme_id String COMMENT 'Post id',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the hour',
    digg_count SimpleAggregateFunction(max, UInt64) COMMENT 'Likes, maximum of the hour',
    comment_count SimpleAggregateFunction(max, UInt64) COMMENT 'Comments, maximum of the hour',
    share_count SimpleAggregateFunction(max, UInt64) COMMENT 'Shares, maximum of the hour',
    engagement_total SimpleAggregateFunction(max, UInt64) COMMENT 'Maximum of digg + comment + share of one observation',
    is_final SimpleAggregateFunction(max, UInt8) COMMENT '1 in rows that were written when the hour had closed'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id)
SETTINGS index_granularity = 1024
COMMENT 'Partial maxima of engagement_hourly: read the view, not this table'
AS SELECT * FROM engagement_hourly_maxima
SETTINGS max_partitions_per_insert_block = 0;

CREATE OR REPLACE TABLE trending_hourly_log
(
    aweme_id String COMMENT 'Post id',
    author_id String COMMENT 'Creator of the post',
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    window_end DateTime64(3, 'UTC') COMMENT 'End of the UTC hour, exclusive',
    play_count UInt64 COMMENT 'Plays, maximum of the hour',
    prev_play_count UInt64 COMMENT 'Plays, maximum of the last earlier hour in which the post was observed',
    prev_window_end DateTime64(3, 'UTC') COMMENT 'End of that earlier hour',
    gap_hours UInt16 COMMENT 'Hours between the two; 1 when they are consecutive',
    delta_plays Int64 COMMENT 'play_count - prev_play_count; negative when upstream corrected its counter',
    delta_plays_per_hour Float64 COMMENT 'delta_plays / gap_hours',
    author_follower_count Nullable(UInt64) COMMENT 'From the author''s latest snapshot as of window_end - 1 ms',
    snapshot_status LowCardinality(String) COMMENT 'fresh (younger than 24 h then), stale or missing',
    tier LowCardinality(String) COMMENT 'Tier of the author''s follower count; unknown without a snapshot',
    threshold Float64 COMMENT 'Plays per hour above which a post of the tier trends',
    threshold_version LowCardinality(String) COMMENT 'Version of the thresholds in force at window_end',
    is_trending UInt8 COMMENT '1 when delta_plays_per_hour > threshold'
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id)
SETTINGS index_granularity = 1024
COMMENT 'Rows of trending_hourly: read the view, not this table'
AS SELECT * FROM trending_hourly_log FINAL
SETTINGS max_partitions_per_insert_block = 0;

CREATE OR REPLACE TABLE velocity_30m_extremes
(
    aweme_id String COMMENT 'Post id',
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the 30 minutes; a multiple of 5 minutes',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    least_play_count SimpleAggregateFunction(min, UInt64) COMMENT 'Plays, minimum of the window',
    greatest_play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the window',
    least_engagement SimpleAggregateFunction(min, UInt64) COMMENT 'digg + comment + share of one observation, minimum',
    greatest_engagement SimpleAggregateFunction(max, UInt64) COMMENT 'digg + comment + share of one observation, maximum'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id)
SETTINGS index_granularity = 1024
COMMENT 'Extremes behind velocity_30m: read the view, not this table'
AS SELECT * FROM velocity_30m_extremes
SETTINGS max_partitions_per_insert_block = 0;

-- Comments stay by id, for the newest observation of one must win over those of other days. Ids ascend with time, so ranges of time per granule
-- are narrow.
ALTER TABLE comments_log ADD INDEX IF NOT EXISTS ingested_at_range ingested_at TYPE minmax GRANULARITY 1;
ALTER TABLE comments_log MATERIALIZE INDEX ingested_at_range;
ALTER TABLE dead_letters_log ADD INDEX IF NOT EXISTS failed_at_range failed_at TYPE minmax GRANULARITY 1;
ALTER TABLE dead_letters_log MATERIALIZE INDEX failed_at_range;
