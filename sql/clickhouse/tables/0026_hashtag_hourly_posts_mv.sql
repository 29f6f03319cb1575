-- Hashtags as posts_newest_mv finds them. Rows pass as they come: the table merges those of one key.
CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_posts_mv TO hashtag_hourly_posts
AS SELECT
    toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start,
    aweme_id,
    arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(title, '#[\\p{L}\\p{N}_]+'))) AS hashtags,
    author_id,
    play_count,
    digg_count + comment_count + share_count AS engagement_total
FROM post_observations_log
WHERE notEmpty(hashtags)
