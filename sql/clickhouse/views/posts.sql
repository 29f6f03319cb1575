-- Hashtags are those that the upstream listed with the newest title, else those that the rule finds in it. A raw response alone, of
-- which no job has written the observation yet, is no post. Tuples are looked into by tupleElement: `newest.title` is a column of its own
-- to the engine, which FINAL then merges without its moment - the title that sorts last, not the newest one.
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
    tupleElement(newest, 'author_id') AS author_id,
    tupleElement(newest, 'title') AS title,
    nullIf(tupleElement(newest, 'region'), '') AS region,
    tupleElement(newest, 'duration') AS duration,
    tupleElement(newest, 'create_time') AS create_time,
    if(
        notEmpty(tupleElement(kept.hashtags, 'value')) AND tupleElement(kept.hashtags, 'observed_at') >= tupleElement(newest, 'observed_at'),
        tupleElement(kept.hashtags, 'value'),
        tupleElement(newest, 'hashtags')
    ) AS hashtags,
    first_observed_at,
    last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM posts_newest AS kept FINAL
WHERE first_observed_at < toDateTime64('2299-12-31 00:00:00', 3, 'UTC')
