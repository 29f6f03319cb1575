-- Hashtags by the hour. A post counts once in an hour for each hashtag of any title observed then; its plays and engagement are the maxima of
-- these observations. Adding up over posts is for readers: counts and sums of what comes in would count repeated records again.
CREATE TABLE IF NOT EXISTS hashtag_hourly_maxima
(
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    hashtag LowCardinality(String) COMMENT 'In lower case, without #',
    aweme_id String COMMENT 'Post id',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the hour',
    engagement_total SimpleAggregateFunction(max, UInt64) COMMENT 'Maximum of digg + comment + share of one observation'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, hashtag, aweme_id)
SETTINGS index_granularity = 1024
COMMENT 'Maxima behind hashtag_hourly: read the view, not this table';

-- Titles repeat from one observation to the next: each is taken apart once per insert and hour.
CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_maxima_mv TO hashtag_hourly_maxima
AS SELECT
    window_start,
    arrayJoin(arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(title, '#[\\p{L}\\p{N}_]+')))) AS hashtag,
    aweme_id,
    max(seen.author_id) AS author_id,
    max(seen.play_count) AS play_count,
    max(seen.engagement_total) AS engagement_total
FROM
(
    SELECT
        toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start,
        aweme_id,
        title,
        max(observed.author_id) AS author_id,
        max(observed.play_count) AS play_count,
        max(observed.digg_count + observed.comment_count + observed.share_count) AS engagement_total
    FROM post_observations_log AS observed
    GROUP BY window_start, aweme_id, title
) AS seen
GROUP BY window_start, hashtag, aweme_id;

-- The answer from the maxima: exact at any time, and slow over weeks.
CREATE OR REPLACE VIEW hashtag_hourly_from_maxima
(
    hashtag String,
    window_start DateTime64(3, 'UTC'),
    posts UInt64,
    creators UInt64,
    play_count UInt64,
    engagement_total UInt64,
    delta_plays Int64
)
AS SELECT
    used.hashtag AS hashtag,
    used.window_start AS window_start,
    count() AS posts,
    uniqExact(used.author_id) AS creators,
    sum(used.play_count) AS play_count,
    sum(used.engagement_total) AS engagement_total,
    sum(ifNull(grown.delta_plays, 0)) AS delta_plays
FROM (SELECT window_start, hashtag, aweme_id, author_id, play_count, engagement_total FROM hashtag_hourly_maxima FINAL) AS used
LEFT ANY JOIN (SELECT window_start, aweme_id, delta_plays FROM trending_hourly_log FINAL) AS grown
    ON used.window_start = grown.window_start AND used.aweme_id = grown.aweme_id
GROUP BY hashtag, window_start
COMMENT 'Internal: one row per hashtag and UTC hour, added up anew';

-- Hours that nothing has been written to for 10 minutes are added up once and kept. What is kept counts only while it is 10 minutes younger than
-- the newest write to its hour, which is longer than any insert takes; else the hour is added up anew. So hashtag_hourly is exact whenever
-- the keeping happens, or if it never does.
CREATE TABLE IF NOT EXISTS hashtag_hourly_written
(
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    written_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When an observation or a growth of this hour was last written'
)
ENGINE = AggregatingMergeTree
ORDER BY window_start
COMMENT 'Which hours of hashtag_hourly have changed, and when';

CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_written_posts_mv TO hashtag_hourly_written
AS SELECT toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start, now64(3, 'UTC') AS written_at
FROM post_observations_log
GROUP BY window_start;

CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_written_growth_mv TO hashtag_hourly_written
AS SELECT window_start, now64(3, 'UTC') AS written_at
FROM trending_hourly_log
GROUP BY window_start;

CREATE TABLE IF NOT EXISTS hashtag_hourly_kept
(
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    hashtag LowCardinality(String) COMMENT 'In lower case, without #',
    posts UInt64 COMMENT 'Posts with the hashtag that were observed in the hour',
    creators UInt64 COMMENT 'Creators of these posts',
    play_count UInt64 COMMENT 'Sum over the posts of their plays',
    engagement_total UInt64 COMMENT 'Sum over the posts of their engagement',
    delta_plays Int64 COMMENT 'Sum over the posts of their growth, as in trending_hourly',
    kept_at DateTime64(3, 'UTC') COMMENT 'When it was added up'
)
ENGINE = ReplacingMergeTree(kept_at)
PARTITION BY toYYYYMM(window_start)
ORDER BY (window_start, hashtag)
SETTINGS index_granularity = 1024
COMMENT 'Hours of hashtag_hourly that were added up: read the view, not this table';

CREATE TABLE IF NOT EXISTS hashtag_hourly_kept_hours
(
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    kept_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When it was last added up'
)
ENGINE = AggregatingMergeTree
ORDER BY window_start
COMMENT 'Which hours hashtag_hourly_kept has';

CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_kept_hours_mv TO hashtag_hourly_kept_hours
AS SELECT window_start, max(kept.kept_at) AS kept_at
FROM hashtag_hourly_kept AS kept
GROUP BY window_start;

-- A reader's join_use_nulls makes NULL of what is not there.
CREATE OR REPLACE VIEW hashtag_hourly_hours
(
    window_start DateTime64(3, 'UTC'),
    written_at DateTime64(3, 'UTC'),
    kept_at DateTime64(3, 'UTC'),
    is_kept UInt8
)
AS SELECT
    written.window_start AS window_start,
    written.written_at AS written_at,
    ifNull(kept.kept_at, toDateTime64(0, 3, 'UTC')) AS kept_at,
    toUInt8(kept_at >= written_at + INTERVAL 10 MINUTE) AS is_kept
FROM (SELECT window_start, written_at FROM hashtag_hourly_written FINAL) AS written
LEFT JOIN (SELECT window_start, kept_at FROM hashtag_hourly_kept_hours FINAL) AS kept ON written.window_start = kept.window_start
COMMENT 'Internal: one row per hour of hashtag_hourly, is_kept = 1 where the sums in hashtag_hourly_kept hold';

-- At most ten days at a time, the newest first: a backfill of months must not fill the memory.
CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_keeper REFRESH EVERY 5 MINUTE APPEND TO hashtag_hourly_kept
AS SELECT window_start, hashtag, posts, creators, play_count, engagement_total, delta_plays, now64(3, 'UTC') AS kept_at
FROM hashtag_hourly_from_maxima
WHERE window_start IN
(
    SELECT window_start
    FROM hashtag_hourly_hours
    WHERE is_kept = 0 AND written_at + INTERVAL 10 MINUTE < now64(3, 'UTC')
    ORDER BY window_start DESC
    LIMIT 240
);

-- Key: (hashtag, window_start)
CREATE OR REPLACE VIEW hashtag_hourly
(
    hashtag String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    posts UInt64,
    creators UInt64,
    play_count UInt64,
    engagement_total UInt64,
    delta_plays Int64
)
AS SELECT hashtag, window_start, addHours(window_start, 1) AS window_end, posts, creators, play_count, engagement_total, delta_plays
FROM hashtag_hourly_kept FINAL
WHERE (window_start, kept_at) IN (SELECT window_start, kept_at FROM hashtag_hourly_hours WHERE is_kept = 1)
UNION ALL
SELECT hashtag, window_start, addHours(window_start, 1) AS window_end, posts, creators, play_count, engagement_total, delta_plays
FROM hashtag_hourly_from_maxima
WHERE window_start IN (SELECT window_start FROM hashtag_hourly_hours WHERE is_kept = 0)
COMMENT 'One row per hashtag and UTC hour in which a post with it was observed';
