CREATE OR REPLACE VIEW fact_post_engagement
(
    aweme_id String,
    snapshot_date Date,
    author_id String,
    created_at DateTime64(3, 'UTC'),
    play_count UInt64,
    digg_count UInt64,
    comment_count UInt64,
    share_count UInt64,
    download_count UInt64,
    collect_count UInt64,
    engagement_total UInt64,
    engagement_rate_plays Nullable(Float64),
    follower_count Nullable(UInt64),
    engagement_rate_followers Nullable(Float64)
)
AS SELECT
    daily.aweme_id AS aweme_id,
    daily.snapshot_date AS snapshot_date,
    daily.author_id AS author_id,
    daily.created_at AS created_at,
    daily.play_count AS play_count,
    daily.digg_count AS digg_count,
    daily.comment_count AS comment_count,
    daily.share_count AS share_count,
    daily.download_count AS download_count,
    daily.collect_count AS collect_count,
    daily.engagement_total AS engagement_total,
    if(daily.play_count = 0, NULL, daily.engagement_total / daily.play_count) AS engagement_rate_plays,
    authors.followers AS follower_count,
    if(follower_count = 0, NULL, daily.engagement_total / follower_count) AS engagement_rate_followers
FROM (SELECT * FROM fact_post_engagement_maxima FINAL) AS daily
LEFT ANY JOIN
(
    SELECT userid, snapshot_date, toNullable(fact_follower_snapshot.follower_count) AS followers
    FROM fact_follower_snapshot
) AS authors ON daily.author_id = authors.userid AND daily.snapshot_date = authors.snapshot_date
