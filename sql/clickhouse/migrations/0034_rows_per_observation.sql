-- An observation was eleven rows in the storage of half hours and hashtags, each sorted, written and merged: two thirds of what landing cost. It is
-- two now, and readers take it apart. Views pass rows on as they come: the tables merge those of one key.

-- Half hours begin every five minutes, so an observation belongs to six. Its five minutes are kept once. Rows lie by the hour, then by post; the
-- engine derives no range of hours from one of moments, the index does.
CREATE TABLE IF NOT EXISTS velocity_30m_slices
(
    aweme_id String COMMENT 'Post id',
    five_minutes DateTime64(3, 'UTC') COMMENT 'Start of the five minutes',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    least_play_count SimpleAggregateFunction(min, UInt64) COMMENT 'Plays, minimum of the five minutes',
    greatest_play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the five minutes',
    least_engagement SimpleAggregateFunction(min, UInt64) COMMENT 'digg + comment + share of one observation, minimum',
    greatest_engagement SimpleAggregateFunction(max, UInt64) COMMENT 'digg + comment + share of one observation, maximum',
    late_moments SimpleAggregateFunction(groupUniqArrayArray, Array(DateTime64(3, 'UTC'))) COMMENT 'When late observations of them were observed',
    INDEX five_minutes_range five_minutes TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(five_minutes)
ORDER BY (toStartOfHour(five_minutes), aweme_id, five_minutes)
SETTINGS index_granularity = 1024
COMMENT 'Least and greatest values behind velocity_30m: read the view, not this table';

CREATE MATERIALIZED VIEW IF NOT EXISTS velocity_30m_slices_mv TO velocity_30m_slices
AS SELECT
    aweme_id,
    toDateTime64(toStartOfFiveMinutes(ingested_at), 3, 'UTC') AS five_minutes,
    author_id,
    play_count AS least_play_count,
    play_count AS greatest_play_count,
    digg_count + comment_count + share_count AS least_engagement,
    least_engagement AS greatest_engagement,
    if(is_late = 1, [ingested_at], []) AS late_moments
FROM post_observations_log;

INSERT INTO velocity_30m_slices (aweme_id, five_minutes, author_id, least_play_count, greatest_play_count, least_engagement, greatest_engagement,
    late_moments)
SELECT
    aweme_id,
    toDateTime64(toStartOfFiveMinutes(ingested_at), 3, 'UTC') AS five_minutes,
    author_id,
    play_count AS least_play_count,
    play_count AS greatest_play_count,
    digg_count + comment_count + share_count AS least_engagement,
    least_engagement AS greatest_engagement,
    if(is_late = 1, [ingested_at], []) AS late_moments
FROM post_observations_log
SETTINGS max_partitions_per_insert_block = 0;

-- One branch for each half hour of a slice, for a range of half hours is then a range of slices in each, which the engine finds by partition and index
-- (through `-`, whose order it knows; not through subtractMinutes).
CREATE OR REPLACE VIEW velocity_30m
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    delta_plays Int64,
    plays_per_minute Float64,
    engagement_rate_change Nullable(Float64),
    revision UInt32
)
AS SELECT
    aweme_id,
    max(slices.author_id) AS author_id,
    window_start,
    addMinutes(window_start, 30) AS window_end,
    toInt64(max(slices.greatest_play_count)) - toInt64(min(slices.least_play_count)) AS delta_plays,
    delta_plays / 30 AS plays_per_minute,
    if
    (
        min(slices.least_play_count) = 0,
        NULL,
        max(slices.greatest_engagement) / max(slices.greatest_play_count) - min(slices.least_engagement) / min(slices.least_play_count)
    ) AS engagement_rate_change,
    toUInt32(length(groupUniqArrayArray(slices.late_moments))) AS revision
FROM
(
    SELECT *, five_minutes AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 5 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 10 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 15 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 20 MINUTE AS window_start FROM velocity_30m_slices
    UNION ALL
    SELECT *, five_minutes - INTERVAL 25 MINUTE AS window_start FROM velocity_30m_slices
) AS slices
-- Of a half hour that still runs nobody can say how fast it was.
WHERE window_start <= now64(3, 'UTC') - INTERVAL 30 MINUTE
GROUP BY window_start, aweme_id
COMMENT 'One row per post and 30-minute window that has ended, a window every 5 minutes';

-- A title's hashtags stay together: one row per post, hour and set of hashtags.
CREATE TABLE IF NOT EXISTS hashtag_hourly_posts
(
    window_start DateTime64(3, 'UTC') COMMENT 'Start of the UTC hour',
    aweme_id String COMMENT 'Post id',
    hashtags Array(LowCardinality(String)) COMMENT 'Of one title: lower case, without #, each once',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays, maximum of the hour',
    engagement_total SimpleAggregateFunction(max, UInt64) COMMENT 'Maximum of digg + comment + share of one observation'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id, hashtags)
SETTINGS index_granularity = 1024
COMMENT 'Maxima behind hashtag_hourly: read the view, not this table';

CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_posts_mv TO hashtag_hourly_posts
AS SELECT
    toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start,
    aweme_id,
    arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(title, '#[\\p{L}\\p{N}_]+'))) AS hashtags,
    author_id,
    play_count,
    digg_count + comment_count + share_count AS engagement_total
FROM post_observations_log
WHERE notEmpty(hashtags);

INSERT INTO hashtag_hourly_posts (window_start, aweme_id, hashtags, author_id, play_count, engagement_total)
SELECT window_start, aweme_id, [hashtag] AS hashtags, author_id, play_count, engagement_total
FROM hashtag_hourly_maxima
SETTINGS max_partitions_per_insert_block = 0;

CREATE OR REPLACE VIEW hashtag_hourly_from_posts
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
FROM
(
    SELECT
        window_start,
        hashtag,
        aweme_id,
        max(titled.author_id) AS author_id,
        max(titled.play_count) AS play_count,
        max(titled.engagement_total) AS engagement_total
    FROM hashtag_hourly_posts AS titled
    ARRAY JOIN hashtags AS hashtag
    GROUP BY window_start, hashtag, aweme_id
) AS used
LEFT ANY JOIN (SELECT window_start, aweme_id, delta_plays FROM trending_hourly_log FINAL) AS grown
    ON used.window_start = grown.window_start AND used.aweme_id = grown.aweme_id
GROUP BY hashtag, window_start
COMMENT 'Internal: one row per hashtag and UTC hour, added up anew';

DROP VIEW IF EXISTS hashtag_hourly_keeper;
CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_keeper REFRESH EVERY 5 MINUTE APPEND TO hashtag_hourly_kept
AS SELECT window_start, hashtag, posts, creators, play_count, engagement_total, delta_plays, now64(3, 'UTC') AS kept_at
FROM hashtag_hourly_from_posts
WHERE window_start IN
(
    SELECT window_start
    FROM hashtag_hourly_hours
    WHERE is_kept = 0 AND written_at + INTERVAL 10 MINUTE < now64(3, 'UTC')
    ORDER BY window_start DESC
    LIMIT 240
);

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
FROM hashtag_hourly_from_posts
WHERE window_start IN (SELECT window_start FROM hashtag_hourly_hours WHERE is_kept = 0)
COMMENT 'One row per hashtag and UTC hour in which a post with it was observed';

-- Of each post the newest value of each column is a maximum of (moment, value), whatever it is merged with.
ALTER TABLE posts_newest_mv MODIFY QUERY
SELECT
    aweme_id,
    (ingested_at, observed.author_id) AS author_id,
    (
        ingested_at,
        observed.title,
        arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(observed.title, '#[\\p{L}\\p{N}_]+')))
    ) AS title,
    (ingested_at, ifNull(observed.region, '')) AS region,
    (ingested_at, observed.duration) AS duration,
    (ingested_at, observed.create_time) AS create_time,
    ingested_at AS first_observed_at,
    ingested_at AS last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM post_observations_log AS observed;
