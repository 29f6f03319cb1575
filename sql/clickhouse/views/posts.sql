-- Hashtags are those that the upstream listed with the newest title, else those that the rule finds in it. A raw response alone, of
-- which no job has written the observation yet, is no post.
CREATE OR REPLACE VIEW posts
(
    aweme_id String,
    author_id String,
    title String,
    region Nullable(String),
    duration UInt32,
    create_time DateTime64(3, 'UTC'),
    hashtags Array(String),
    first_observed_at DateTime64(3, 'UTC'),
    last_observed_at DateTime64(3, 'UTC'),
    play_count UInt64,
    digg_count UInt64,
    comment_count UInt64,
    share_count UInt64,
    download_count UInt64,
    collect_count UInt64
)
AS SELECT
    aweme_id,
    tupleElement(newest.author_id, 'value') AS author_id,
    tupleElement(newest.title, 'value') AS title,
    nullIf(tupleElement(newest.region, 'value'), '') AS region,
    tupleElement(newest.duration, 'value') AS duration,
    tupleElement(newest.create_time, 'value') AS create_time,
    if(
        notEmpty(tupleElement(newest.hashtags, 'value')) AND tupleElement(newest.hashtags, 'observed_at') >= tupleElement(newest.title, 'observed_at'),
        tupleElement(newest.hashtags, 'value'),
        tupleElement(newest.title, 'hashtags')
    ) AS hashtags,
    first_observed_at,
    last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM posts_newest AS newest FINAL
WHERE first_observed_at < toDateTime64('2299-12-31 00:00:00', 3, 'UTC')
