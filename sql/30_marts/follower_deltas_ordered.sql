-- Question: what was known of each user before each snapshot?
-- Grain:    one row per user and moment of observation; the earlier snapshot's columns are NULL for the first.
-- Key:      (userid, observed_at).
CREATE TEMPORARY VIEW follower_deltas_ordered AS
SELECT
  userid,
  observed_at,
  follower_count,
  LAG(observed_at) OVER (PARTITION BY userid ORDER BY observed_at) AS prev_observed_at,
  LAG(follower_count) OVER (PARTITION BY userid ORDER BY observed_at) AS prev_follower_count
FROM follower_counts
