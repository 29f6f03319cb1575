-- Question: which follower counts were observed?
-- Grain:    one row per valid snapshot, as it comes; ClickHouse keeps one per user and moment, the largest.
-- Key:      (userid, observed_at).   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW follower_snapshots AS
SELECT
  userid,
  TO_TIMESTAMP_LTZ(ingested_at, 3) AS observed_at,
  follower_count
FROM users_observed
