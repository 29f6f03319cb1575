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
