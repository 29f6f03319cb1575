-- Whether the post was observed within an hour of its publication: then it may have risen a hundredfold, by record 19. Else as 0014 has it.
ALTER TABLE velocity_30m_slices ADD COLUMN IF NOT EXISTS is_new SimpleAggregateFunction(max, UInt8) AFTER late_moments;
ALTER TABLE velocity_30m_slices_mv MODIFY QUERY
SELECT
    aweme_id,
    toDateTime64(toStartOfFiveMinutes(ingested_at), 3, 'UTC') AS five_minutes,
    author_id,
    play_count AS least_play_count,
    play_count AS greatest_play_count,
    digg_count + comment_count + share_count AS least_engagement,
    least_engagement AS greatest_engagement,
    if(is_late = 1, [ingested_at], []) AS late_moments,
    toUInt8(toUnixTimestamp64Milli(ingested_at) - toUnixTimestamp64Milli(create_time) BETWEEN -3599000 AND 3599999) AS is_new
FROM post_observations_log
