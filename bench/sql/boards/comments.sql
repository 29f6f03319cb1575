-- Question: what was said?
-- Grain:    one row per comment: `comments` of them, evenly over all days, on posts that are observed then.
INSERT INTO comments_log (comment_id, video_id, user_id, text, create_time, ingested_at, digg_count, reply_total, sentiment_compound, sentiment_label,
    sentiment_model, follower_count, snapshot_at, language)
SELECT
    -- TikTok's ids ascend with time.
    toString(7400000000000000000 + comments.n * 1009) AS comment_id,
    posts.aweme_id AS video_id,
    toString(6700000000000000000 + cityHash64(comments.n) % 500000) AS user_id,
    ['love this so much', 'what is this song?', 'mid', 'W edit', 'not for me, sorry', 'part 2 please', 'this is so bad', 'first'][1 + comments.n % 8] AS text,
    addMilliseconds({start:DateTime64(3, 'UTC')}, intDiv(comments.n * 1000 * ({days:UInt32} * 86400), {comments:UInt32})) AS create_time,
    addMinutes(create_time, 2) AS ingested_at,
    cityHash64(comments.n, 'likes') % 50 AS digg_count,
    cityHash64(comments.n, 'replies') % 4 AS reply_total,
    [0.64, 0, -0.1, 0.5, -0.08, 0.32, -0.54, 0][1 + comments.n % 8] AS sentiment_compound,
    multiIf(sentiment_compound >= 0.05, 'positive', sentiment_compound <= -0.05, 'negative', 'neutral') AS sentiment_label,
    'bench-1' AS sentiment_model,
    if(comments.n % 10 = 0, NULL, cityHash64(comments.n, 'followers') % 10000) AS follower_count,
    if(comments.n % 10 = 0, NULL, subtractMinutes(ingested_at, 30)) AS snapshot_at,
    'en' AS language
FROM
(
    SELECT
        number AS n,
        toInt64(intDiv(number * {posts:UInt32}, {comments:UInt32})) AS newest_post,
        greatest(0, newest_post - toInt64(cityHash64(number, 'post') % {posts:UInt32} * {watched_hours:UInt32} / (24 * {days:UInt32}))) AS post
    FROM numbers({comments:UInt32})
    WHERE intDiv(number * {days:UInt32}, {comments:UInt32}) = dateDiff('day', {start:DateTime64(3, 'UTC')}, {day:DateTime64(3, 'UTC')})
) AS comments
INNER JOIN bench_posts AS posts ON comments.post = posts.number
