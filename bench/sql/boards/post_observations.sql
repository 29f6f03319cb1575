-- Question: what did job landing keep of the posts?
-- Grain:    one row per post and hour: the last of its observations. The others say nothing that a dashboard reads.
INSERT INTO post_observations_log (aweme_id, author_id, title, region, duration, create_time, play_count, digg_count, comment_count, share_count,
    download_count, collect_count, ingested_at)
SELECT
    aweme_id,
    author_id,
    title,
    'DE' AS region,
    15 + number % 60 AS duration,
    toDateTime64(toStartOfSecond(created_at), 3, 'UTC') AS create_time,
    toUInt64(plays * (1 - exp(-(60 * hour + 55) / tau_minutes))) AS play_count,
    toUInt64(play_count * rate * 0.8) AS digg_count,
    toUInt64(play_count * rate * 0.15) AS comment_count,
    toUInt64(play_count * rate * 0.05) AS share_count,
    intDiv(share_count, 3) AS download_count,
    intDiv(share_count, 2) AS collect_count,
    addMilliseconds(addHours(toStartOfHour(created_at), hour), 3300000 + number % 300000) AS ingested_at
FROM bench_posts
ARRAY JOIN range({watched_hours:UInt32}) AS hour
WHERE created_at > {day:DateTime64(3, 'UTC')} - toIntervalHour({watched_hours:UInt32} + 1) AND created_at < addDays({day:DateTime64(3, 'UTC')}, 1)
    AND ingested_at >= {day:DateTime64(3, 'UTC')} AND ingested_at < addDays({day:DateTime64(3, 'UTC')}, 1)
