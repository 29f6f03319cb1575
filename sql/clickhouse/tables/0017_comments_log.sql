-- Comments with sentiment and the commenter's followers, a row per observation. `version` puts all rows of a comment in one order,
-- whatever order they come in: the newest observation; of several at one moment the one with most likes, then replies, then by a
-- hash of the rest; of one observation, read again after a failure, the row that knew the latest snapshot. The bits are 44, 42, 32,
-- 50, 44 and 44. Equal versions are one observation scored again: the last one written counts. Rows lie by id, for the newest
-- observation of a comment must win over those of other days. Ids ascend with time, so the ranges of time per granule, of which the
-- index knows, are narrow.
CREATE TABLE IF NOT EXISTS comments_log
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
    sentiment_label LowCardinality(String),
    sentiment_model LowCardinality(String),
    follower_count Nullable(UInt64),
    snapshot_at Nullable(DateTime64(3, 'UTC')),
    language LowCardinality(String),
    version UInt256 MATERIALIZED
        bitOr(bitShiftLeft(toUInt256(toUnixTimestamp64Milli(ingested_at)), 212),
        bitOr(bitShiftLeft(toUInt256(least(digg_count, 4398046511103)), 170),
        bitOr(bitShiftLeft(toUInt256(least(reply_total, 4294967295)), 138),
        bitOr(bitShiftLeft(toUInt256(bitShiftRight(halfMD5(concat(video_id, '\n', user_id, '\n', toString(toUnixTimestamp64Milli(create_time)), '\n', text)), 14)), 88),
        bitOr(bitShiftLeft(toUInt256(ifNull(toUnixTimestamp64Milli(snapshot_at), 0)), 44),
        toUInt256(least(ifNull(follower_count, 0), 17592186044415))))))),
    INDEX ingested_at_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY comment_id
SETTINGS index_granularity = 1024
