-- What is known of each post now. Attributes are those of its newest observation, of each column by itself: a maximum of (moment,
-- value) is the newest value, in any order and any number of times. Views look into a tuple by tupleElement: `title.value` is a
-- column of its own to the engine, which FINAL then merges without its moment - the title that sorts last, not the newest one.
CREATE TABLE IF NOT EXISTS posts_newest
(
    aweme_id String,
    author_id SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value String)),
    title SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value String, hashtags Array(String))),
    region SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value String)),
    duration SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt32)),
    create_time SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value DateTime64(3, 'UTC'))),
    first_observed_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_observed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    play_count SimpleAggregateFunction(max, UInt64),
    digg_count SimpleAggregateFunction(max, UInt64),
    comment_count SimpleAggregateFunction(max, UInt64),
    share_count SimpleAggregateFunction(max, UInt64),
    download_count SimpleAggregateFunction(max, UInt64),
    collect_count SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY aweme_id
SETTINGS index_granularity = 1024
