-- Question: what was observed of each user in the week before each snapshot?
-- Grain:    one row per user and moment of observation; `times` and `counts` are parallel, oldest first, the row's own last.
-- Key:      (userid, observed_at).   A week is the longest span that a rule may have.
CREATE TEMPORARY VIEW follower_history AS
SELECT
  userid,
  observed_at,
  ARRAY_AGG(follower_count) OVER (PARTITION BY userid ORDER BY observed_at RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) AS counts,
  ARRAY_AGG(CAST(observed_at AS TIMESTAMP(3))) OVER (PARTITION BY userid ORDER BY observed_at RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) AS times
FROM follower_counts
