-- Hours that are kept, and the others added up.
CREATE OR REPLACE VIEW hashtag_hourly
(
    hashtag String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    posts UInt64,
    creators UInt64,
    play_count UInt64,
    engagement_total UInt64,
    delta_plays Int64
)
AS SELECT hashtag, window_start, addHours(window_start, 1) AS window_end, posts, creators, play_count, engagement_total, delta_plays
FROM hashtag_hourly_kept FINAL
WHERE (window_start, kept_at) IN (SELECT window_start, kept_at FROM hashtag_hourly_hours WHERE is_kept = 1)
UNION ALL
SELECT hashtag, window_start, addHours(window_start, 1) AS window_end, posts, creators, play_count, engagement_total, delta_plays
FROM hashtag_hourly_from_posts
WHERE window_start IN (SELECT window_start FROM hashtag_hourly_hours WHERE is_kept = 0)
