-- Every valid observation of posts and users, as job `landing` writes it. Key: who, and the moment. A repeated record merges with itself; of
-- different records of one moment each column is the greatest of them, whatever their order. Rows lie by the hour, then by id.
CREATE TABLE IF NOT EXISTS post_observations_log
(
    aweme_id String COMMENT 'Post id',
    author_id SimpleAggregateFunction(max, String) COMMENT 'Creator of the post',
    title SimpleAggregateFunction(max, String) COMMENT 'Caption with hashtags',
    region SimpleAggregateFunction(max, Nullable(String)) COMMENT 'Region of the post, ISO 3166-1 alpha-2',
    duration SimpleAggregateFunction(max, UInt32) COMMENT 'Length in seconds',
    create_time SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When it was published, TikTok''s clock; 1970-01-01 where that is no time between 1970 and 2099',
    play_count SimpleAggregateFunction(max, UInt64) COMMENT 'Plays then',
    digg_count SimpleAggregateFunction(max, UInt64) COMMENT 'Likes then',
    comment_count SimpleAggregateFunction(max, UInt64) COMMENT 'Comments then',
    share_count SimpleAggregateFunction(max, UInt64) COMMENT 'Shares then',
    download_count SimpleAggregateFunction(max, UInt64) COMMENT 'Downloads then',
    collect_count SimpleAggregateFunction(max, UInt64) COMMENT 'Collects then',
    ingested_at DateTime64(3, 'UTC') COMMENT 'When it was observed'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (toStartOfHour(ingested_at), aweme_id, ingested_at)
SETTINGS index_granularity = 1024
COMMENT 'Rows of post_observations: read the view, not this table';

-- Key: (aweme_id, ingested_at)
CREATE OR REPLACE VIEW post_observations
(
    aweme_id String,
    author_id String,
    title String,
    region Nullable(String),
    duration UInt32,
    create_time DateTime64(3, 'UTC'),
    play_count UInt64,
    digg_count UInt64,
    comment_count UInt64,
    share_count UInt64,
    download_count UInt64,
    collect_count UInt64,
    ingested_at DateTime64(3, 'UTC')
)
AS SELECT aweme_id, author_id, title, region, duration, create_time, play_count, digg_count, comment_count, share_count, download_count,
    collect_count, ingested_at
FROM post_observations_log FINAL
COMMENT 'One row per post and moment of observation';

CREATE TABLE IF NOT EXISTS user_observations_log
(
    userid String COMMENT 'User id',
    unique_id SimpleAggregateFunction(max, String) COMMENT 'Handle',
    nickname SimpleAggregateFunction(max, String) COMMENT 'Display name',
    sec_uid SimpleAggregateFunction(max, String) COMMENT 'Upstream''s second id',
    is_verified SimpleAggregateFunction(max, UInt8) COMMENT '1 with the badge',
    is_private SimpleAggregateFunction(max, UInt8) COMMENT '1 when only followers may look',
    region SimpleAggregateFunction(max, Nullable(String)) COMMENT 'Region of the account, ISO 3166-1 alpha-2',
    follower_count SimpleAggregateFunction(max, UInt64) COMMENT 'Followers then',
    following_count SimpleAggregateFunction(max, UInt64) COMMENT 'Accounts followed then',
    heart_count SimpleAggregateFunction(max, UInt64) COMMENT 'Likes received on all posts then',
    video_count SimpleAggregateFunction(max, UInt64) COMMENT 'Posts then',
    digg_count SimpleAggregateFunction(max, UInt64) COMMENT 'Likes given then',
    observed_at DateTime64(3, 'UTC') COMMENT 'When the profile was observed'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(observed_at)
ORDER BY (toStartOfHour(observed_at), userid, observed_at)
SETTINGS index_granularity = 1024
COMMENT 'Rows of user_observations: read the view, not this table';

-- Key: (userid, observed_at)
CREATE OR REPLACE VIEW user_observations
(
    userid String,
    unique_id String,
    nickname String,
    sec_uid String,
    is_verified UInt8,
    is_private UInt8,
    region Nullable(String),
    follower_count UInt64,
    following_count UInt64,
    heart_count UInt64,
    video_count UInt64,
    digg_count UInt64,
    observed_at DateTime64(3, 'UTC')
)
AS SELECT userid, unique_id, nickname, sec_uid, is_verified, is_private, region, follower_count, following_count, heart_count, video_count,
    digg_count, observed_at
FROM user_observations_log FINAL
COMMENT 'One row per user and moment of observation';
