-- Question: which snapshots came after comments that they may belong to?
-- Grain:    one row per such snapshot; ClickHouse keeps one per user and moment, the largest.
-- Key:      (userid, observed_at).   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW comments_late_snapshots AS
SELECT
  user_id AS userid,
  snapshot_at AS observed_at,
  follower_count
FROM comments_with_snapshots
WHERE comment_id IS NULL
