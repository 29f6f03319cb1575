-- Growth of each post from hour to hour, as it was judged. The key is natural: a replay writes the same row again.
CREATE TABLE IF NOT EXISTS trending_hourly_log
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
PARTITION BY toYYYYMM(window_start)
ORDER BY (aweme_id, window_start)
COMMENT 'Rows of trending_hourly: read the view, not this table';

CREATE OR REPLACE VIEW trending_hourly
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    play_count UInt64,
    prev_play_count UInt64,
    prev_window_end DateTime64(3, 'UTC'),
    gap_hours UInt16,
    delta_plays Int64,
    delta_plays_per_hour Float64,
    author_follower_count Nullable(UInt64),
    snapshot_status String,
    tier String,
    threshold Float64,
    threshold_version String,
    is_trending UInt8
)
AS SELECT aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending
FROM trending_hourly_log FINAL
COMMENT 'One row per post-hour that has an earlier hour, as it was judged';
