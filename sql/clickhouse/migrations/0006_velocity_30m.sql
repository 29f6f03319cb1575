-- Momentum over 30 minutes, every 5. Flink writes closed windows and late rows; least and greatest values merge them in any order.
CREATE TABLE IF NOT EXISTS velocity_30m_extremes
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
PARTITION BY toYYYYMM(window_start)
ORDER BY (aweme_id, window_start)
COMMENT 'Extremes behind velocity_30m: read the view, not this table';

CREATE OR REPLACE VIEW velocity_30m
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    delta_plays Int64,
    plays_per_minute Float64,
    engagement_rate_change Nullable(Float64)
)
AS SELECT
    aweme_id,
    author_id,
    window_start,
    addMinutes(window_start, 30) AS window_end,
    toInt64(greatest_play_count) - toInt64(least_play_count) AS delta_plays,
    delta_plays / 30 AS plays_per_minute,
    if(least_play_count = 0, NULL, greatest_engagement / greatest_play_count - least_engagement / least_play_count) AS engagement_rate_change
FROM velocity_30m_extremes FINAL
COMMENT 'One row per post and 30-minute window, a window every 5 minutes';
