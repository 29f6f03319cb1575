-- Question: what did Flink write of each post's hours?
-- Grain:    one row per post and hour, and a partial one before it for one hour in four.
INSERT INTO engagement_hourly_maxima (aweme_id, author_id, window_start, play_count, digg_count, comment_count, share_count, engagement_total, is_final)
SELECT
    aweme_id,
    author_id,
    toDateTime64(addHours(toStartOfHour(created_at), hour), 3, 'UTC') AS window_start,
    toUInt64(plays * (1 - exp(-least(60 * hour + 55, 60 * {watched_hours:UInt32}) * part / tau_minutes))) AS play_count,
    toUInt64(play_count * rate * 0.8) AS digg_count,
    toUInt64(play_count * rate * 0.15) AS comment_count,
    toUInt64(play_count * rate * 0.05) AS share_count,
    digg_count + comment_count + share_count AS engagement_total,
    part = 1 AS is_final
FROM bench_posts
ARRAY JOIN range({watched_hours:UInt32}) AS hour
ARRAY JOIN if(cityHash64(number, hour) % 4 = 0, [0.9, 1.], [1.]) AS part
WHERE created_at > {day:DateTime64(3, 'UTC')} - toIntervalHour({watched_hours:UInt32} + 1) AND created_at < addDays({day:DateTime64(3, 'UTC')}, 1)
    AND window_start >= {day:DateTime64(3, 'UTC')} AND window_start < addDays({day:DateTime64(3, 'UTC')}, 1)
