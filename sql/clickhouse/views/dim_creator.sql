-- A new version begins with the observation at which follower_count or video_count differs from the one before; it ends where the
-- next one begins, so versions neither overlap nor leave a gap. The other columns are those of the version's newest observation.
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
