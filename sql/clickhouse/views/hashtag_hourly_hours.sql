-- A reader's join_use_nulls makes NULL of what is not there.
CREATE OR REPLACE VIEW hashtag_hourly_hours
(
    window_start DateTime64(3, 'UTC'),
    written_at DateTime64(3, 'UTC'),
    kept_at DateTime64(3, 'UTC'),
    is_kept UInt8
)
AS SELECT
    written.window_start AS window_start,
    written.written_at AS written_at,
    ifNull(kept.kept_at, toDateTime64(0, 3, 'UTC')) AS kept_at,
    toUInt8(kept_at >= written_at + INTERVAL 10 MINUTE) AS is_kept
FROM (SELECT window_start, written_at FROM hashtag_hourly_written FINAL) AS written
LEFT JOIN (SELECT window_start, kept_at FROM hashtag_hourly_kept_hours FINAL) AS kept ON written.window_start = kept.window_start
