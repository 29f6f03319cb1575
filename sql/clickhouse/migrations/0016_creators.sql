-- Profiles: history, the last counts of each day, growth by the week.
CREATE TABLE IF NOT EXISTS fact_follower_snapshot_newest
(
    userid String COMMENT 'User id',
    snapshot_date Date COMMENT 'UTC day',
    follower_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)) COMMENT 'Followers',
    following_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)) COMMENT 'Accounts followed',
    heart_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)) COMMENT 'Likes received on all posts',
    video_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)) COMMENT 'Posts',
    digg_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)) COMMENT 'Likes given'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(snapshot_date)
ORDER BY (snapshot_date, userid)
SETTINGS index_granularity = 1024
COMMENT 'Newest values behind fact_follower_snapshot: read the view, not this table';

CREATE MATERIALIZED VIEW IF NOT EXISTS fact_follower_snapshot_newest_mv TO fact_follower_snapshot_newest
AS SELECT
    userid,
    toDate(observed_at) AS snapshot_date,
    max((observed_at, observed.follower_count)) AS follower_count,
    max((observed_at, observed.following_count)) AS following_count,
    max((observed_at, observed.heart_count)) AS heart_count,
    max((observed_at, observed.video_count)) AS video_count,
    max((observed_at, observed.digg_count)) AS digg_count
FROM user_observations_log AS observed
GROUP BY userid, snapshot_date;

-- Key: (userid, snapshot_date)
CREATE OR REPLACE VIEW fact_follower_snapshot
(
    userid String,
    snapshot_date Date,
    follower_count UInt64,
    following_count UInt64,
    heart_count UInt64,
    video_count UInt64,
    digg_count UInt64
)
AS SELECT
    userid,
    snapshot_date,
    newest.follower_count.value AS follower_count,
    newest.following_count.value AS following_count,
    newest.heart_count.value AS heart_count,
    newest.video_count.value AS video_count,
    newest.digg_count.value AS digg_count
FROM fact_follower_snapshot_newest AS newest FINAL
COMMENT 'One row per user and UTC day: the last counts of the day';

-- A new version begins with the observation at which follower_count or video_count differs from the one before; it ends where the next one
-- begins, so versions neither overlap nor leave a gap. The other columns are those of the version's newest observation.
-- Key: (userid, valid_from)
CREATE OR REPLACE VIEW dim_creator
(
    userid String,
    unique_id String,
    nickname String,
    sec_uid String,
    is_verified UInt8,
    is_private UInt8,
    region Nullable(String),
    follower_count UInt64,
    video_count UInt64,
    valid_from DateTime64(3, 'UTC'),
    valid_to Nullable(DateTime64(3, 'UTC')),
    is_current UInt8
)
AS WITH
    compared AS
    (
        SELECT
            *,
            row_number() OVER by_time = 1
                OR follower_count != lagInFrame(follower_count) OVER by_time
                OR video_count != lagInFrame(video_count) OVER by_time AS begins
        FROM user_observations
        WINDOW by_time AS (PARTITION BY userid ORDER BY observed_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    numbered AS
    (
        SELECT *, sum(begins) OVER (PARTITION BY userid ORDER BY observed_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number
        FROM compared
    ),
    versions AS
    (
        SELECT
            userid,
            number,
            argMax((unique_id, nickname, sec_uid, is_verified, is_private, region), observed_at) AS newest,
            any(follower_count) AS followers,
            any(video_count) AS videos,
            min(observed_at) AS valid_from
        FROM numbered
        GROUP BY userid, number
    )
SELECT
    userid,
    newest.1 AS unique_id,
    newest.2 AS nickname,
    newest.3 AS sec_uid,
    newest.4 AS is_verified,
    newest.5 AS is_private,
    newest.6 AS region,
    followers AS follower_count,
    videos AS video_count,
    valid_from,
    leadInFrame(toNullable(valid_from)) OVER (PARTITION BY userid ORDER BY number ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS valid_to,
    toUInt8(valid_to IS NULL) AS is_current
FROM versions
COMMENT 'One row per user and version of follower_count and video_count, one of them current';

-- Compared with the last earlier week that has snapshots.
-- Key: (userid, week_start)
CREATE OR REPLACE VIEW follower_growth_weekly
(
    userid String,
    week_start Date,
    follower_count UInt64,
    prev_follower_count Nullable(UInt64),
    growth_rate Nullable(Float64)
)
AS WITH weeks AS
(
    SELECT userid, toMonday(snapshot_date) AS week_start, max(daily.follower_count) AS follower_count
    FROM fact_follower_snapshot AS daily
    GROUP BY userid, week_start
)
SELECT
    userid,
    week_start,
    follower_count,
    lagInFrame(toNullable(follower_count)) OVER (PARTITION BY userid ORDER BY week_start ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS prev_follower_count,
    if(prev_follower_count = 0, NULL, (toInt64(follower_count) - toInt64(prev_follower_count)) / prev_follower_count) AS growth_rate
FROM weeks
COMMENT 'One row per user and week (from Monday, UTC) with snapshots: the most followers of its days';
