-- Question: how many followers had each author at each moment of observation, in the order of these moments?
-- Grain:    one row per user and millisecond of observation; of several counts the largest.
-- Key:      (userid, observed_at).   Window: tumbling, one millisecond: rows leave it in order, and repeated ones once.
-- Lateness: unbounded; a late snapshot serves the hours that end after it has come.
CREATE TEMPORARY VIEW author_counts AS
SELECT
  userid,
  window_time AS observed_at,
  MAX(follower_count) AS follower_count
FROM TABLE(TUMBLE(TABLE authors_observed, DESCRIPTOR(event_time), INTERVAL '0.001' SECOND))
GROUP BY userid, window_start, window_end, window_time
UNION ALL
SELECT
  userid,
  event_time AS observed_at,
  follower_count
FROM users_late
