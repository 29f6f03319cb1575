-- What is known of each post now. Attributes are those of its newest observation, of each column by itself, as in post_observations: a maximum of
-- (moment, value) is the newest value, in any order and any number of times. Hashtags are found when a title comes in, never in a query:
-- `#` and letters, numbers and `_` of any script, as udfs/text.py has them, in lower case, each once, in the order of the title.
CREATE TABLE IF NOT EXISTS posts_newest
(
    aweme_id String COMMENT 'Post id',
    author_id SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value String)) COMMENT 'Creator',
    title SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value String, hashtags Array(String))) COMMENT 'Caption, and its hashtags',
    region SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value String)) COMMENT 'Region; empty: none',
    duration SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt32)) COMMENT 'Length in seconds',
    create_time SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value DateTime64(3, 'UTC'))) COMMENT 'When it was published',
    first_observed_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'Its first observation',
    last_observed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Its newest observation',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Most plays ever observed',
    digg_count SimpleAggregateFunction(max, UInt64) COMMENT 'Most likes ever observed',
    comment_count SimpleAggregateFunction(max, UInt64) COMMENT 'Most comments ever observed',
    share_count SimpleAggregateFunction(max, UInt64) COMMENT 'Most shares ever observed',
    download_count SimpleAggregateFunction(max, UInt64) COMMENT 'Most downloads ever observed',
    collect_count SimpleAggregateFunction(max, UInt64) COMMENT 'Most collects ever observed'
)
ENGINE = AggregatingMergeTree
ORDER BY aweme_id
SETTINGS index_granularity = 1024
COMMENT 'Newest values behind posts: read the view, not this table';

CREATE MATERIALIZED VIEW IF NOT EXISTS posts_newest_mv TO posts_newest
AS WITH
    max((ingested_at, observed.title)) AS newest_title,
    arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(newest_title.2, '#[\\p{L}\\p{N}_]+'))) AS hashtags
SELECT
    aweme_id,
    max((ingested_at, observed.author_id)) AS author_id,
    (newest_title.1, newest_title.2, hashtags) AS title,
    max((ingested_at, ifNull(observed.region, ''))) AS region,
    max((ingested_at, observed.duration)) AS duration,
    max((ingested_at, observed.create_time)) AS create_time,
    min(ingested_at) AS first_observed_at,
    max(ingested_at) AS last_observed_at,
    max(observed.play_count) AS play_count,
    max(observed.digg_count) AS digg_count,
    max(observed.comment_count) AS comment_count,
    max(observed.share_count) AS share_count,
    max(observed.download_count) AS download_count,
    max(observed.collect_count) AS collect_count
FROM post_observations_log AS observed
GROUP BY aweme_id;

-- Key: (aweme_id)
CREATE OR REPLACE VIEW posts
(
    aweme_id String,
    author_id String,
    title String,
    region Nullable(String),
    duration UInt32,
    create_time DateTime64(3, 'UTC'),
    hashtags Array(String),
    first_observed_at DateTime64(3, 'UTC'),
    last_observed_at DateTime64(3, 'UTC'),
    play_count UInt64,
    digg_count UInt64,
    comment_count UInt64,
    share_count UInt64,
    download_count UInt64,
    collect_count UInt64
)
AS SELECT
    aweme_id,
    newest.author_id.value AS author_id,
    newest.title.value AS title,
    nullIf(newest.region.value, '') AS region,
    newest.duration.value AS duration,
    newest.create_time.value AS create_time,
    newest.title.hashtags AS hashtags,
    first_observed_at,
    last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM posts_newest AS newest FINAL
COMMENT 'One row per post, by its newest observation; counters are maxima';

-- Which hashtags each creator uses, by the titles as they are now.
-- Key: (userid, hashtag)
CREATE OR REPLACE VIEW hashtag_creator
(
    userid String,
    hashtag String,
    posts UInt64,
    first_used_at DateTime64(3, 'UTC'),
    last_used_at DateTime64(3, 'UTC'),
    play_count UInt64
)
AS SELECT
    author_id AS userid,
    hashtag,
    count() AS posts,
    min(create_time) AS first_used_at,
    max(create_time) AS last_used_at,
    sum(used.play_count) AS play_count
FROM posts AS used
ARRAY JOIN hashtags AS hashtag
GROUP BY userid, hashtag
COMMENT 'One row per creator and hashtag in the titles of their posts';
