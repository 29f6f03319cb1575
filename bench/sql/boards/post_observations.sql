-- Question: what did job landing keep of the posts?
-- Grain:    one row per observation: one of each post every 5 minutes. ClickHouse makes the half hours of them.
INSERT INTO post_observations_log (aweme_id, author_id, title, region, duration, create_time, play_count, digg_count, comment_count, share_count,
    download_count, collect_count, ingested_at)
SELECT
    aweme_id,
    author_id,
    title,
    'DE' AS region,
    15 + number % 60 AS duration,
    toDateTime64(toStartOfSecond(created_at), 3, 'UTC') AS create_time,
    toUInt64(plays * (1 - exp(-5 * step / tau_minutes))) AS play_count,
    toUInt64(play_count * rate * 0.8) AS digg_count,
    toUInt64(play_count * rate * 0.15) AS comment_count,
    toUInt64(play_count * rate * 0.05) AS share_count,
    intDiv(share_count, 3) AS download_count,
    intDiv(share_count, 2) AS collect_count,
    addMilliseconds(addMinutes(toStartOfFiveMinutes(created_at), 5 * step), number % 300000) AS ingested_at
FROM bench_posts
ARRAY JOIN range({watched_hours:UInt32} * 12) AS step
WHERE created_at > {day:DateTime64(3, 'UTC')} - toIntervalHour({watched_hours:UInt32} + 1) AND created_at < addDays({day:DateTime64(3, 'UTC')}, 1)
    AND ingested_at >= {day:DateTime64(3, 'UTC')} AND ingested_at < addDays({day:DateTime64(3, 'UTC')}, 1)
