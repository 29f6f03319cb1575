-- The same as velocity_30m for who also asks for the hours of its windows: each slice is read twice, not six times. In the first branch
-- are the half hours that begin in the hour of a slice, in the second those that begin in the hour before. window_hour is the key by
-- which slices lie, so a range of it is found at once; without one, everything is read. It is in Unix seconds, for the engine takes no
-- range through a conversion to DateTime64.
CREATE OR REPLACE VIEW velocity_30m_by_hour
(
    aweme_id String,
    author_id String,
    window_hour Int64,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    delta_plays Int64,
    plays_per_minute Float64,
    engagement_rate_change Nullable(Float64),
    revision UInt32
)
AS WITH max(slices.greatest_play_count) AS most, min(slices.least_play_count) AS least, most >= 1000 AND least * 100 < most AND max(slices.is_new) = 0 AS was_away
SELECT
    aweme_id,
    max(slices.author_id) AS author_id,
    window_hour,
    window_start,
    addMinutes(window_start, 30) AS window_end,
    if(was_away, 0, toInt64(most) - toInt64(least)) AS delta_plays,
    delta_plays / 30 AS plays_per_minute,
    if
    (
        least = 0 OR was_away,
        NULL,
        max(slices.greatest_engagement) / most - min(slices.least_engagement) / least
    ) AS engagement_rate_change,
    toUInt32(length(groupUniqArrayArray(slices.late_moments))) AS revision
FROM
(
    SELECT
        *,
        toInt64(toStartOfHour(five_minutes)) AS window_hour,
        addMinutes(five_minutes, -5 * arrayJoin(range(least(6, intDiv(toMinute(five_minutes), 5) + 1)))) AS window_start
    FROM velocity_30m_slices
    UNION ALL
    SELECT
        *,
        toInt64(toStartOfHour(five_minutes)) - 3600 AS window_hour,
        addMinutes(five_minutes, -5 * arrayJoin(range(intDiv(toMinute(five_minutes), 5) + 1, 6))) AS window_start
    FROM velocity_30m_slices
) AS slices
WHERE window_start <= now64(3, 'UTC') - INTERVAL 30 MINUTE
GROUP BY window_hour, window_start, aweme_id
