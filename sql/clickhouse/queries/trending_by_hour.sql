-- Question: which post grew most beyond its threshold in each of the newest hours?
-- Grain:    one row per UTC hour, newest first; an hour without a trending post shows the one that came closest.
SELECT
    window_start,
    aweme_id,
    author_id,
    author_follower_count,
    tier,
    play_count,
    delta_plays_per_hour,
    threshold,
    threshold_version,
    is_trending,
    countIf(is_trending = 1) OVER (PARTITION BY window_start) AS trending_posts
FROM trending_hourly
WHERE window_start >= {since:DateTime64(3, 'UTC')}
ORDER BY window_start DESC, delta_plays_per_hour / threshold DESC, aweme_id
LIMIT 1 BY window_start
LIMIT {hours:UInt32}
