-- What dashboards still had to read whole: a day of follower deltas and of comments is a day's rows now, and runs in the ledger can be told by
-- when they wrote. As in 0013, rows that a job writes during a swap would be lost: no job may run.
CREATE OR REPLACE TABLE follower_deltas_log
(
    userid String COMMENT 'User id',
    t_prev DateTime64(3, 'UTC') COMMENT 'When the earlier snapshot was observed',
    t_now DateTime64(3, 'UTC') COMMENT 'When the later snapshot was observed',
    delta Int64 COMMENT 'curr_count - prev_count',
    prev_count UInt64 COMMENT 'Followers at t_prev',
    curr_count UInt64 COMMENT 'Followers at t_now'
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(t_now)
ORDER BY (t_now, userid)
SETTINGS index_granularity = 1024
COMMENT 'Rows of follower_deltas: read the view, not this table'
AS SELECT userid, t_prev, t_now, delta, prev_count, curr_count FROM follower_deltas_log FINAL
SETTINGS max_partitions_per_insert_block = 0;

-- Comments stay by id (see 0013); smaller granules, so that those at the edges of a range of time weigh less.
CREATE OR REPLACE TABLE comments_log
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
        COMMENT 'The row with the greatest one is the comment',
    INDEX ingested_at_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY comment_id
SETTINGS index_granularity = 1024
COMMENT 'Observations of comments: read the view comments_enriched, not this table'
-- FINAL: of rows of one version the last written counts, which only this table can still tell.
AS SELECT * FROM comments_log FINAL;

-- Not written by jobs: the moment at which ClickHouse took the entry. Entries of before have the moment of this migration.
ALTER TABLE pipeline_ledger_entries ADD COLUMN IF NOT EXISTS written_at DateTime64(3, 'UTC') MATERIALIZED now64(3, 'UTC') COMMENT 'When it was written';

ALTER TABLE pipeline_ledger_entries MATERIALIZE COLUMN written_at SETTINGS mutations_sync = 1;

CREATE OR REPLACE VIEW pipeline_ledger
(
    job String,
    run_id String,
    topic String,
    read UInt64,
    counted UInt64,
    late UInt64,
    quarantined UInt64,
    unaccounted Int64,
    updated_at DateTime64(3, 'UTC')
)
AS SELECT
    job,
    run_id,
    topic,
    sum(entries.valid) + sum(entries.quarantined) AS read,
    sum(entries.counted) AS counted,
    sum(entries.late) AS late,
    sum(entries.quarantined) AS quarantined,
    toInt64(read) - toInt64(counted) - toInt64(late) - toInt64(quarantined) AS unaccounted,
    max(entries.written_at) AS updated_at
FROM (SELECT *, written_at FROM pipeline_ledger_entries FINAL) AS entries
GROUP BY job, run_id, topic
COMMENT 'One row per run and topic: read = counted + late + quarantined, as of the last closed hour';

CREATE OR REPLACE VIEW ${DATABASE}_shared.pipeline_ledger
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    job, run_id, topic, read, counted, late, quarantined, unaccounted, updated_at
FROM pipeline_ledger
COMMENT 'One row per run and topic: read = counted + late + quarantined, as of the last closed hour';
