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
    is_trending UInt8,
    was_alerted UInt8,
    revision UInt32
)
AS SELECT aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending, was_alerted, revision
FROM trending_hourly_log FINAL
