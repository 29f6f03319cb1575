-- Question: how did each user's follower count change from one snapshot to the next?
-- Grain:    one row per user and pair of consecutive snapshots.
-- Key:      (userid, t_now).   Lateness: none; a snapshot that comes too late changes the view follower_deltas_corrected of ClickHouse only.
CREATE TEMPORARY VIEW follower_deltas AS
SELECT
  userid,
  CAST(prev_observed_at AS TIMESTAMP(3)) AS t_prev,
  CAST(observed_at AS TIMESTAMP(3)) AS t_now,
  follower_count - prev_follower_count AS delta,
  prev_follower_count AS prev_count,
  follower_count AS curr_count
FROM follower_deltas_ordered
WHERE prev_observed_at IS NOT NULL
