-- Every valid observation of a post, as job `landing` writes it. A repeated record merges with itself; of different records of one
-- moment each column is the greatest of them, whatever their order. Rows lie by the hour, then by id, but the engine derives no
-- range of hours from one of moments: the index tells it which granules a range has.
CREATE TABLE IF NOT EXISTS post_observations_log
(
    aweme_id String,
    author_id SimpleAggregateFunction(max, String),
    title SimpleAggregateFunction(max, String),
    region SimpleAggregateFunction(max, Nullable(String)),
    duration SimpleAggregateFunction(max, UInt32),
    create_time SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    play_count SimpleAggregateFunction(max, UInt64),
    digg_count SimpleAggregateFunction(max, UInt64),
    comment_count SimpleAggregateFunction(max, UInt64),
    share_count SimpleAggregateFunction(max, UInt64),
    download_count SimpleAggregateFunction(max, UInt64),
    collect_count SimpleAggregateFunction(max, UInt64),
    ingested_at DateTime64(3, 'UTC'),
    is_late SimpleAggregateFunction(max, UInt8),
    INDEX ingested_at_range ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (toStartOfHour(ingested_at), aweme_id, ingested_at)
SETTINGS index_granularity = 1024
