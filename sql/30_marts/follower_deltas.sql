-- Question: how did each user's follower count change from one snapshot to the next?
-- Grain:    one row per user and pair of consecutive snapshots, and another with a higher revision when a snapshot comes between.
-- Key:      (userid, t_now).   Lateness: as follower_history.
CREATE TEMPORARY VIEW follower_deltas AS
SELECT
  userid,
  t_prev,
  t_now,
  curr_count - prev_count AS delta,
  prev_count,
  curr_count,
  CAST(revision AS INT) AS revision,
  CAST(CASE WHEN is_away THEN 1 ELSE 0 END AS TINYINT) AS is_away
FROM follower_history
WHERE kind = 'change' AND t_prev IS NOT NULL
