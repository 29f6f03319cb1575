-- Hourly engagement of each post. Flink writes partial, final and late rows; merging them is a maximum per column, which is
-- idempotent, so replays and duplicates change nothing. Readers use the view engagement_hourly: always merged.
CREATE TABLE IF NOT EXISTS engagement_hourly_maxima
(
    aweme_id String COMMENT 'Post id',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the hour',
    digg_count SimpleAggregateFunction(max, UInt64) COMMENT 'Likes, maximum of the hour',
    comment_count SimpleAggregateFunction(max, UInt64) COMMENT 'Comments, maximum of the hour',
    share_count SimpleAggregateFunction(max, UInt64) COMMENT 'Shares, maximum of the hour',
    engagement_total SimpleAggregateFunction(max, UInt64) COMMENT 'Maximum of digg + comment + share of one observation',
    is_final SimpleAggregateFunction(max, UInt8) COMMENT '1 in rows that were written when the hour had closed'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(window_start)
ORDER BY (aweme_id, window_start)
COMMENT 'Partial maxima of engagement_hourly: read the view, not this table';

-- The newest hour that has closed. Finality belongs to the hour: a post whose last task fell silent has no final row of its own.
CREATE TABLE IF NOT EXISTS engagement_hourly_closed
(
    one UInt8 COMMENT 'Always 1: the table has one row',
    window_start SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Start of the newest closed UTC hour'
)
ENGINE = AggregatingMergeTree
ORDER BY one
COMMENT 'Which hours of engagement_hourly are final';

CREATE MATERIALIZED VIEW IF NOT EXISTS engagement_hourly_closed_mv TO engagement_hourly_closed
AS SELECT 1 AS one, max(window_start) AS window_start
FROM engagement_hourly_maxima
WHERE is_final = 1
GROUP BY one;

CREATE OR REPLACE VIEW engagement_hourly
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    play_count UInt64,
    digg_count UInt64,
    comment_count UInt64,
    share_count UInt64,
    engagement_total UInt64,
    engagement_rate_plays Nullable(Float64),
    is_final UInt8
)
AS SELECT
    aweme_id,
    author_id,
    window_start,
    addHours(window_start, 1) AS window_end,
    play_count,
    digg_count,
    comment_count,
    share_count,
    engagement_total,
    if(play_count = 0, NULL, engagement_total / play_count) AS engagement_rate_plays,
    toUInt8(window_start <= (SELECT max(closed.window_start) FROM engagement_hourly_closed AS closed)) AS is_final
FROM engagement_hourly_maxima FINAL
COMMENT 'One row per post and UTC hour: maxima of its counters';
