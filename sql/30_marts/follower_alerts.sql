-- Question: who gained more followers within some hours than a rule allows for?
-- Grain:    one row per user, snapshot and broken rule.
-- Key:      (userid, t_now, within_hours).
CREATE TEMPORARY VIEW follower_alerts AS
SELECT
  userid,
  t_from,
  CAST(observed_at AS TIMESTAMP(3)) AS t_now,
  gained,
  from_count,
  curr_count,
  within_hours,
  threshold,
  threshold_version
FROM follower_history
CROSS JOIN LATERAL TABLE(follower_verdicts(times, counts)) AS broken (
  t_from, gained, from_count, curr_count, within_hours, threshold, threshold_version
)
