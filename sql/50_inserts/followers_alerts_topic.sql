-- Question: how does a broken rule become a record?
-- Grain:    one record per row of follower_alerts, keyed by userid.
INSERT INTO followers_alerts_topic (
  kafka_key, userid, t_from, t_now, gained, from_count, curr_count, within_hours, threshold, threshold_version
)
SELECT
  userid AS kafka_key,
  userid,
  t_from,
  t_now,
  gained,
  from_count,
  curr_count,
  within_hours,
  threshold,
  threshold_version
FROM follower_alerts
