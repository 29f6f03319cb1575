-- Question: what was known of each user before each snapshot?
-- Grain:    one row per user and moment of observation; the earlier snapshot's columns are NULL for the first.
-- Key:      (userid, observed_at).   Lateness: none can be lost here.
-- LAG takes the counts as they arrive, for the same reason as in trending_hourly_ordered: those of a user leave one task of the window, in order.
CREATE TEMPORARY VIEW follower_deltas_ordered AS
SELECT
  userid,
  observed_at,
  follower_count,
  LAG(observed_at) OVER (PARTITION BY userid ORDER BY arrival) AS prev_observed_at,
  LAG(follower_count) OVER (PARTITION BY userid ORDER BY arrival) AS prev_follower_count
FROM (
  SELECT
    userid,
    observed_at,
    follower_count,
    PROCTIME() AS arrival
  FROM follower_counts
)
