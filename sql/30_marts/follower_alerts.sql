-- Question: who gained more followers within some hours than a rule allows for?
-- Grain:    one row per user, snapshot and broken rule.
-- Key:      (userid, t_now, within_hours).   Lateness: as follower_history.
CREATE TEMPORARY VIEW follower_alerts AS
SELECT
  userid,
  t_prev AS t_from,
  t_now,
  curr_count - prev_count AS gained,
  prev_count AS from_count,
  curr_count,
  within_hours,
  threshold,
  threshold_version
FROM follower_history
WHERE kind = 'alert'
