-- The newest observation of each comment, with the latest snapshot of its writer: the one that the job knew, or one that came
-- later.
CREATE OR REPLACE VIEW comments_enriched
(
    comment_id String,
    video_id String,
    user_id String,
    text String,
    create_time DateTime64(3, 'UTC'),
    ingested_at DateTime64(3, 'UTC'),
    digg_count UInt64,
    reply_total UInt64,
    sentiment_compound Float64,
    sentiment_label String,
    sentiment_model String,
    follower_count Nullable(UInt64),
    snapshot_at Nullable(DateTime64(3, 'UTC')),
    snapshot_status String,
    language String
)
AS WITH
    -- A reader's join_use_nulls makes NULL of what is not there.
    observed.snapshot_at IS NULL AND ifNull(late.known, 0) = 0 AS missing,
    -- Compared as tuples: of two snapshots the later one, of two counts of one moment the larger one.
    greatest(
        (ifNull(observed.snapshot_at, toDateTime64(0, 3, 'UTC')), ifNull(observed.follower_count, 0)),
        (ifNull(late.observed_at, toDateTime64(0, 3, 'UTC')), ifNull(late.follower_count, 0))
    ) AS latest
SELECT
    observed.comment_id AS comment_id,
    observed.video_id AS video_id,
    observed.user_id AS user_id,
    observed.text AS text,
    observed.create_time AS create_time,
    observed.ingested_at AS ingested_at,
    observed.digg_count AS digg_count,
    observed.reply_total AS reply_total,
    observed.sentiment_compound AS sentiment_compound,
    observed.sentiment_label AS sentiment_label,
    observed.sentiment_model AS sentiment_model,
    if(missing, NULL, latest.2) AS follower_count,
    if(missing, NULL, latest.1) AS snapshot_at,
    multiIf(snapshot_at IS NULL, 'missing', dateDiff('millisecond', snapshot_at, ingested_at) < 86400000, 'fresh', 'stale') AS snapshot_status,
    observed.language AS language
FROM (SELECT * FROM comments_log FINAL) AS observed
ASOF LEFT JOIN (SELECT userid, observed_at, follower_count, 1 AS known FROM comments_late_snapshots_log FINAL) AS late
    ON observed.user_id = late.userid AND observed.ingested_at >= late.observed_at
