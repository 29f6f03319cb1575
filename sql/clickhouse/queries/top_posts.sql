-- Question: which post gained the most plays in each of the newest hours?
-- Grain:    one row per UTC hour, newest first. An hour counts for a post that was also seen in the hour before.
SELECT
    window_start,
    aweme_id,
    author_id,
    play_count,
    toInt64(play_count) - toInt64(previous_plays) AS gained,
    engagement_total,
    engagement_rate_plays,
    is_final
FROM
(
    SELECT
        *,
        lagInFrame(play_count) OVER (PARTITION BY aweme_id ORDER BY window_start ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS previous_plays,
        lagInFrame(window_end) OVER (PARTITION BY aweme_id ORDER BY window_start ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS previous_end
    FROM engagement_hourly
    WHERE window_start >= {since:DateTime64(3, 'UTC')}
)
WHERE previous_end = window_start
ORDER BY window_start DESC, gained DESC, aweme_id
LIMIT 1 BY window_start
LIMIT {hours:UInt32}
