-- Question: how many followers does a creator have, and how many came in the range?
-- Grain:    one row per creator with two snapshots, the later one in the range; growth_rate against the count before.
SELECT
    argMax(curr_count, t_now) AS followers,
    sum(delta) AS gained,
    argMin(prev_count, t_now) AS before,
    if(before = 0, NULL, gained / before) AS growth_rate
FROM follower_deltas
-- 0 is no count.
WHERE curr_count > 0
  AND t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')} AND userid = {creator:String}
GROUP BY userid
LIMIT 1
