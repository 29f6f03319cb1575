-- Question: what was observed of each profile, and when?
-- Grain:    one row per valid record, as it comes; ClickHouse keeps one per user and moment.
-- Key:      (userid, observed_at).   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW user_observations AS
SELECT
  userid,
  unique_id,
  nickname,
  sec_uid,
  CAST(verified AS TINYINT) AS is_verified,
  CAST(private_account AS TINYINT) AS is_private,
  region,
  follower_count,
  following_count,
  heart_count,
  video_count,
  digg_count,
  TO_TIMESTAMP_LTZ(ingested_at, 3) AS observed_at
FROM users_observed
