-- What a backfill found of growth: rows only pass through, to trending_hourly_log as trending_hourly_backfill_mv lets them.
CREATE TABLE IF NOT EXISTS trending_hourly_backfill
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
    snapshot_status LowCardinality(String),
    tier LowCardinality(String),
    threshold Float64,
    threshold_version LowCardinality(String),
    is_trending UInt8,
    was_alerted UInt8,
    revision UInt32,
    is_away UInt8,
    early_alert_at Nullable(DateTime64(3, 'UTC')),
    restate UInt8
)
ENGINE = Null
