-- Question: which posts took off before their hour was over?
-- Grain:    one row per trending post-hour of the day, 35 minutes after it began.
INSERT INTO momentum_alerts_log (aweme_id, author_id, observed_at, window_minutes, delta_plays, plays_per_hour, author_follower_count, tier, threshold,
    threshold_version, play_count)
SELECT
    aweme_id,
    author_id,
    addMinutes(window_start, 35) AS observed_at,
    30 AS window_minutes,
    intDiv(toInt64(delta_plays_per_hour), 2) AS delta_plays,
    delta_plays_per_hour AS plays_per_hour,
    author_follower_count,
    tier,
    threshold,
    threshold_version,
    play_count
FROM trending_hourly_log
WHERE is_trending = 1 AND window_start >= {day:DateTime64(3, 'UTC')} AND window_start < addDays({day:DateTime64(3, 'UTC')}, 1)
