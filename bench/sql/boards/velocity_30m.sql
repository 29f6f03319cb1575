-- Question: what did Flink write of each post's half hours?
-- Grain:    one row per post and window of 30 minutes, one every 5 minutes: as many as there are observations.
INSERT INTO velocity_30m_extremes (aweme_id, window_start, author_id, least_play_count, greatest_play_count, least_engagement, greatest_engagement)
SELECT
    aweme_id,
    toDateTime64(addMinutes(toStartOfFiveMinutes(created_at), 5 * step), 3, 'UTC') AS window_start,
    author_id,
    toUInt64(plays * (1 - exp(-5 * step / tau_minutes))) AS least_play_count,
    toUInt64(plays * (1 - exp(-(5 * step + 25) / tau_minutes))) AS greatest_play_count,
    toUInt64(least_play_count * rate) AS least_engagement,
    toUInt64(greatest_play_count * rate * 1.01) AS greatest_engagement
FROM bench_posts
ARRAY JOIN range({watched_hours:UInt32} * 12) AS step
WHERE created_at > {day:DateTime64(3, 'UTC')} - toIntervalHour({watched_hours:UInt32} + 1) AND created_at < addDays({day:DateTime64(3, 'UTC')}, 1)
    AND window_start >= {day:DateTime64(3, 'UTC')} AND window_start < addDays({day:DateTime64(3, 'UTC')}, 1)
