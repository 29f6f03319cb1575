-- posts and fact_follower_snapshot as 0015 and 0016 have them, but for how they look into a tuple: `newest.title.value` is a column of its own
-- to the engine, which FINAL then merges without its moment - the title that sorts last, not the newest one. tupleElement takes the merged tuple.
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
    tupleElement(newest.title, 'hashtags') AS hashtags,
    first_observed_at,
    last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM posts_newest AS newest FINAL
COMMENT 'One row per post, by its newest observation; counters are maxima';

CREATE OR REPLACE VIEW fact_follower_snapshot
(
    userid String,
    snapshot_date Date,
    follower_count UInt64,
    following_count UInt64,
    heart_count UInt64,
    video_count UInt64,
    digg_count UInt64
)
AS SELECT
    userid,
    snapshot_date,
    tupleElement(newest.follower_count, 'value') AS follower_count,
    tupleElement(newest.following_count, 'value') AS following_count,
    tupleElement(newest.heart_count, 'value') AS heart_count,
    tupleElement(newest.video_count, 'value') AS video_count,
    tupleElement(newest.digg_count, 'value') AS digg_count
FROM fact_follower_snapshot_newest AS newest FINAL
COMMENT 'One row per user and UTC day: the last counts of the day';
