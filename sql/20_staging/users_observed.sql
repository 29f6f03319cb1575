-- Question: which snapshots of users can be counted?
-- Grain:    one row per valid record of tiktok.users.snapshots.
-- Key:      userid.   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW users_observed AS
SELECT
  userid,
  users_snapshots.stats.followerCount AS follower_count,
  kafka_partition,
  kafka_offset,
  ingested_at,
  event_time
FROM users_snapshots
WHERE error IS NULL
