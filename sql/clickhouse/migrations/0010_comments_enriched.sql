-- Comments with sentiment and the commenter's followers, a row per observation. `version` puts all rows of a comment in one order,
-- whatever order they come in: the newest observation; of several at one moment the one with most likes, then replies, then by a hash of
-- the rest; of one observation, read again after a failure, the row that knew the latest snapshot. The bits are 44, 42, 32, 50, 44 and 44.
-- Equal versions are one observation scored again: the last one written counts.
CREATE TABLE IF NOT EXISTS comments_log
(
    comment_id String COMMENT 'Comment id',
    video_id String COMMENT 'aweme_id of the post',
    user_id String COMMENT 'Commenter',
    text String COMMENT 'The comment as written',
    create_time DateTime64(3, 'UTC') COMMENT 'When it was written, TikTok''s clock',
    ingested_at DateTime64(3, 'UTC') COMMENT 'When it was observed',
    digg_count UInt64 COMMENT 'Likes then',
    reply_total UInt64 COMMENT 'Replies then',
    sentiment_compound Float64 COMMENT '-1 (negative) to 1 (positive)',
    sentiment_label LowCardinality(String) COMMENT 'negative (at most -0.05), positive (at least 0.05) or neutral',
    sentiment_model LowCardinality(String) COMMENT 'Model and version that scored it',
    follower_count Nullable(UInt64) COMMENT 'From the commenter''s latest snapshot as of ingested_at, as far as was known',
    snapshot_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that snapshot was taken',
    language LowCardinality(String) COMMENT 'Guess, ISO 639-1; und where nothing tells',
    version UInt256 MATERIALIZED
        bitOr(bitShiftLeft(toUInt256(toUnixTimestamp64Milli(ingested_at)), 212),
        bitOr(bitShiftLeft(toUInt256(least(digg_count, 4398046511103)), 170),
        bitOr(bitShiftLeft(toUInt256(least(reply_total, 4294967295)), 138),
        bitOr(bitShiftLeft(toUInt256(bitShiftRight(halfMD5(concat(video_id, '\n', user_id, '\n', toString(toUnixTimestamp64Milli(create_time)), '\n', text)), 14)), 88),
        bitOr(bitShiftLeft(toUInt256(ifNull(toUnixTimestamp64Milli(snapshot_at), 0)), 44),
        toUInt256(least(ifNull(follower_count, 0), 17592186044415)))))))
        COMMENT 'The row with the greatest one is the comment'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY comment_id
COMMENT 'Observations of comments: read the view comments_enriched, not this table';

-- Snapshots that came after comments which they may belong to: the view looks among them for a better answer.
CREATE TABLE IF NOT EXISTS comments_late_snapshots_log
(
    userid String COMMENT 'User id',
    observed_at DateTime64(3, 'UTC') COMMENT 'When the profile was observed',
    follower_count SimpleAggregateFunction(max, UInt64) COMMENT 'Followers then'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(observed_at)
ORDER BY (userid, observed_at)
COMMENT 'Late snapshots behind comments_enriched: read the view, not this table';

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
COMMENT 'One row per comment, by its newest observation';
