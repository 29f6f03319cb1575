-- Half hours begin every five minutes, so an observation belongs to six: its five minutes are kept once, and the view takes them
-- apart. Rows lie by the hour, then by post; the engine derives no range of hours from one of moments, the index does.
CREATE TABLE IF NOT EXISTS velocity_30m_slices
(
    aweme_id String,
    five_minutes DateTime64(3, 'UTC'),
    author_id SimpleAggregateFunction(max, String),
    least_play_count SimpleAggregateFunction(min, UInt64),
    greatest_play_count SimpleAggregateFunction(max, UInt64),
    least_engagement SimpleAggregateFunction(min, UInt64),
    greatest_engagement SimpleAggregateFunction(max, UInt64),
    late_moments SimpleAggregateFunction(groupUniqArrayArray, Array(DateTime64(3, 'UTC'))),
    INDEX five_minutes_range five_minutes TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(five_minutes)
ORDER BY (toStartOfHour(five_minutes), aweme_id, five_minutes)
SETTINGS index_granularity = 1024
