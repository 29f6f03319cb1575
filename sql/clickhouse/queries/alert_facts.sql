-- Question: what is known of these posts and creators, besides what their alerts say?
-- Grain:    one row per post, and one per creator, of whom something is known; what is not known is NULL or empty.
-- A creator's name is that of the newest observation within 35 days, mood that of comments observed within 7 days. A post has
-- trended since the first of its hours without a break, within 3 days.
WITH
    moods AS
    (
        SELECT
            video_id,
            toInt64(countIf(sentiment_compound != 0)) AS evidence,
            sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(evidence, 0) AS mean_compound
        FROM comments_enriched
        WHERE ingested_at >= now64(3, 'UTC') - INTERVAL 7 DAY AND video_id IN {posts:Array(String)}
        GROUP BY video_id
    ),
    runs AS
    (
        SELECT
            aweme_id,
            maxIf(toUnixTimestamp64Milli(window_end), is_trending = 0) AS quiet_until_ms,
            arrayFilter(ms -> ms >= quiet_until_ms, groupArrayIf(toUnixTimestamp64Milli(window_start), is_trending = 1)) AS hours_ms
        FROM trending_hourly
        WHERE window_start >= now64(3, 'UTC') - INTERVAL 3 DAY AND aweme_id IN {posts:Array(String)}
        GROUP BY aweme_id
    )
SELECT
    'post' AS kind,
    posts.aweme_id AS id,
    posts.title AS name,
    posts.hashtags AS hashtags,
    toNullable(toInt64(posts.play_count)) AS plays,
    toNullable(moods.mean_compound) AS mood,
    ifNull(moods.evidence, 0) AS comments,
    if(empty(runs.hours_ms), NULL, toNullable(arrayMin(runs.hours_ms))) AS since_ms
FROM (SELECT aweme_id, title, hashtags, play_count FROM posts WHERE aweme_id IN {posts:Array(String)}) AS posts
LEFT JOIN moods ON posts.aweme_id = moods.video_id
LEFT JOIN runs ON posts.aweme_id = runs.aweme_id
UNION ALL
SELECT
    'creator' AS kind,
    userid AS id,
    argMax(unique_id, observed_at) AS name,
    CAST([], 'Array(String)') AS hashtags,
    CAST(NULL, 'Nullable(Int64)') AS plays,
    CAST(NULL, 'Nullable(Float64)') AS mood,
    toInt64(0) AS comments,
    CAST(NULL, 'Nullable(Int64)') AS since_ms
FROM user_observations
WHERE observed_at >= now64(3, 'UTC') - INTERVAL 35 DAY AND userid IN {creators:Array(String)}
GROUP BY userid
