-- Question: how many followers had each user at any time?
-- Grain:    a versioned table: one row per user, each snapshot a version from its moment on.
-- Key:      userid.   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW user_versions AS
SELECT
  userid,
  event_time,
  follower_count
FROM (
  SELECT
    userid,
    event_time,
    users_snapshots.stats.followerCount AS follower_count,
    ROW_NUMBER() OVER (PARTITION BY userid ORDER BY event_time DESC) AS newest
  FROM users_snapshots
)
WHERE newest = 1
