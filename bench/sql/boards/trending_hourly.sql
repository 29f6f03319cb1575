-- Question: how was each post-hour judged?
-- Grain:    one row per post-hour that has an earlier hour.
INSERT INTO trending_hourly_log (aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending)
SELECT
    posts.aweme_id AS aweme_id,
    posts.author_id AS author_id,
    toDateTime64(addHours(toStartOfHour(posts.created_at), hour), 3, 'UTC') AS window_start,
    addHours(window_start, 1) AS window_end,
    toUInt64(posts.plays * (1 - exp(-(60 * hour + 55) / posts.tau_minutes))) AS play_count,
    toUInt64(posts.plays * (1 - exp(-(60 * hour - 5) / posts.tau_minutes))) AS prev_play_count,
    window_start AS prev_window_end,
    1 AS gap_hours,
    toInt64(play_count) - toInt64(prev_play_count) - (cityHash64(posts.number, hour, 'fell') % 500 = 0) * 100 AS delta_plays,
    delta_plays AS delta_plays_per_hour,
    creators.followers AS author_follower_count,
    'fresh' AS snapshot_status,
    multiIf(creators.followers < 10000, 'small', creators.followers < 1000000, 'mid', 'big') AS tier,
    multiIf(tier = 'small', 6000., tier = 'mid', 30000., 200000.) AS threshold,
    if(window_start < addDays({start:DateTime64(3, 'UTC')}, intDiv({days:UInt32}, 2)), 'v1-00000000', 'v2-00000000') AS threshold_version,
    delta_plays_per_hour > threshold AS is_trending
FROM (SELECT * FROM bench_posts WHERE created_at > {day:DateTime64(3, 'UTC')} - toIntervalHour({watched_hours:UInt32} + 1)
    AND created_at < addDays({day:DateTime64(3, 'UTC')}, 1)) AS posts
INNER JOIN bench_creators AS creators ON posts.author_id = creators.userid
ARRAY JOIN range(1, {watched_hours:UInt32}) AS hour
WHERE window_start >= {day:DateTime64(3, 'UTC')} AND window_start < addDays({day:DateTime64(3, 'UTC')}, 1)
