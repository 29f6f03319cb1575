-- What is known of each account now. is_opted_in: its names may be shown to everybody who may read the dashboards.
CREATE OR REPLACE VIEW creators
(
    userid String,
    unique_id String,
    nickname String,
    is_verified UInt8,
    region Nullable(String),
    follower_count UInt64,
    observed_at DateTime64(3, 'UTC'),
    is_opted_in UInt8
)
AS SELECT
    userid,
    unique_id,
    nickname,
    is_verified,
    region,
    follower_count,
    observed_at,
    toUInt8(userid IN (SELECT userid FROM creators_opted_in)) AS is_opted_in
FROM creators_newest FINAL
