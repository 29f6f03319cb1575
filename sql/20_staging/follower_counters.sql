-- Question: how many followers were observed, and when?
-- Grain:    one row per valid record of tiktok.users.snapshots.
-- Key:      userid.   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW follower_counters AS
SELECT
  userid,
  follower_count,
  ingested_at
FROM users_observed
