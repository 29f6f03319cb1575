-- The answer from the maxima: exact at any time, and slow over weeks. Adding up over posts is for readers: counts and sums of what
-- comes in would count repeated records again.
CREATE OR REPLACE VIEW hashtag_hourly_from_posts
(
    hashtag String,
    window_start DateTime64(3, 'UTC'),
    posts UInt64,
    creators UInt64,
    play_count UInt64,
    engagement_total UInt64,
    delta_plays Int64
)
AS SELECT
    used.hashtag AS hashtag,
    used.window_start AS window_start,
    count() AS posts,
    uniqExact(used.author_id) AS creators,
    sum(used.play_count) AS play_count,
    sum(used.engagement_total) AS engagement_total,
    sum(ifNull(grown.delta_plays, 0)) AS delta_plays
FROM
(
    SELECT
        window_start,
        hashtag,
        aweme_id,
        max(titled.author_id) AS author_id,
        max(titled.play_count) AS play_count,
        max(titled.engagement_total) AS engagement_total
    FROM hashtag_hourly_posts AS titled
    ARRAY JOIN hashtags AS hashtag
    GROUP BY window_start, hashtag, aweme_id
) AS used
LEFT ANY JOIN
(
    SELECT window_start, aweme_id, delta_plays
    FROM trending_hourly_log FINAL
    -- Not while the counter was away.
    WHERE is_away = 0
) AS grown
    ON used.window_start = grown.window_start AND used.aweme_id = grown.aweme_id
GROUP BY hashtag, window_start
