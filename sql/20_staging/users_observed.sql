-- Question: which snapshots of users can be counted?
-- Grain:    one row per valid record of tiktok.users.snapshots; in a backfill of those before its end.
-- Key:      userid.   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW users_observed AS
SELECT
  userid,
  users_snapshots.`user`.uniqueId AS unique_id,
  users_snapshots.`user`.nickname AS nickname,
  users_snapshots.`user`.secUid AS sec_uid,
  users_snapshots.`user`.verified AS verified,
  users_snapshots.`user`.privateAccount AS private_account,
  users_snapshots.`user`.region AS region,
  users_snapshots.stats.followerCount AS follower_count,
  users_snapshots.stats.followingCount AS following_count,
  users_snapshots.stats.heartCount AS heart_count,
  users_snapshots.stats.videoCount AS video_count,
  users_snapshots.stats.diggCount AS digg_count,
  kafka_partition,
  kafka_offset,
  ingested_at,
  event_time
FROM users_snapshots
WHERE error IS NULL AND (${TO_THE_END} OR ingested_at < ${UNTIL_MS})
