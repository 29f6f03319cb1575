-- One branch for each half hour of a slice, for a range of half hours is then a range of slices in each, which the engine finds by
-- partition and index (through `-`, whose order it knows; not through subtractMinutes).
CREATE OR REPLACE VIEW velocity_30m
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    delta_plays Int64,
    plays_per_minute Float64,
    engagement_rate_change Nullable(Float64),
    revision UInt32
)
-- A half hour in which a large count is a hundred times another says nothing, unless the post is new: the counter was away.
AS WITH max(slices.greatest_play_count) AS most, min(slices.least_play_count) AS least, most >= 1000 AND least * 100 < most AND max(slices.is_new) = 0 AS was_away
SELECT
    aweme_id,
    max(slices.author_id) AS author_id,
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
    SELECT *, five_minutes AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 5 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 10 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 15 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 20 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 25 MINUTE AS window_start FROM velocity_30m_slices
) AS slices
-- Of a half hour that still runs nobody can say how fast it was.
WHERE window_start <= now64(3, 'UTC') - INTERVAL 30 MINUTE
GROUP BY window_start, aweme_id
