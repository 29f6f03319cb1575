-- Rows pass as they come: the table merges those of one key.
CREATE MATERIALIZED VIEW IF NOT EXISTS velocity_30m_slices_mv TO velocity_30m_slices
AS SELECT
    aweme_id,
    toDateTime64(toStartOfFiveMinutes(ingested_at), 3, 'UTC') AS five_minutes,
    author_id,
    play_count AS least_play_count,
    play_count AS greatest_play_count,
    digg_count + comment_count + share_count AS least_engagement,
    least_engagement AS greatest_engagement,
    if(is_late = 1, [ingested_at], []) AS late_moments
FROM post_observations_log
