-- Engagement of each post by the UTC day of observation. Counters are maxima of the day, which any insert may raise at any time: no filter on a
-- lookback is needed, a row that comes a month late finds its day by its key.
CREATE TABLE IF NOT EXISTS fact_post_engagement_maxima
(
    aweme_id String COMMENT 'Post id',
    snapshot_date Date COMMENT 'UTC day of observation',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    created_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When it was published',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the day',
    digg_count SimpleAggregateFunction(max, UInt64) COMMENT 'Likes, maximum of the day',
    comment_count SimpleAggregateFunction(max, UInt64) COMMENT 'Comments, maximum of the day',
    share_count SimpleAggregateFunction(max, UInt64) COMMENT 'Shares, maximum of the day',
    download_count SimpleAggregateFunction(max, UInt64) COMMENT 'Downloads, maximum of the day',
    collect_count SimpleAggregateFunction(max, UInt64) COMMENT 'Collects, maximum of the day',
    engagement_total SimpleAggregateFunction(max, UInt64) COMMENT 'Maximum of digg + comment + share of one observation'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(snapshot_date)
ORDER BY (snapshot_date, aweme_id)
SETTINGS index_granularity = 1024
COMMENT 'Maxima behind fact_post_engagement: read the view, not this table';

CREATE MATERIALIZED VIEW IF NOT EXISTS fact_post_engagement_maxima_mv TO fact_post_engagement_maxima
AS SELECT
    aweme_id,
    toDate(ingested_at) AS snapshot_date,
    max(observed.author_id) AS author_id,
    max(observed.create_time) AS created_at,
    max(observed.play_count) AS play_count,
    max(observed.digg_count) AS digg_count,
    max(observed.comment_count) AS comment_count,
    max(observed.share_count) AS share_count,
    max(observed.download_count) AS download_count,
    max(observed.collect_count) AS collect_count,
    max(observed.digg_count + observed.comment_count + observed.share_count) AS engagement_total
FROM post_observations_log AS observed
GROUP BY aweme_id, snapshot_date;

-- Key: (aweme_id, snapshot_date)
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
COMMENT 'One row per post and UTC day of observation: maxima of the day, and the author''s followers on it';
