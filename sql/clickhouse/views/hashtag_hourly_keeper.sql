-- At most ten days at a time, the newest first: a backfill of months must not fill the memory.
CREATE OR REPLACE MATERIALIZED VIEW hashtag_hourly_keeper REFRESH EVERY 5 MINUTE APPEND TO hashtag_hourly_kept
AS SELECT window_start, hashtag, posts, creators, play_count, engagement_total, delta_plays, now64(3, 'UTC') AS kept_at
FROM hashtag_hourly_from_posts
WHERE window_start IN
(
    SELECT window_start
    FROM hashtag_hourly_hours
    WHERE is_kept = 0 AND written_at + INTERVAL 10 MINUTE < now64(3, 'UTC')
    ORDER BY window_start DESC
    LIMIT 240
)
