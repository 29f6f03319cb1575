-- Question: how does a change of a follower count become a record?
-- Grain:    one record per row of follower_deltas, keyed by userid.
INSERT INTO followers_deltas_topic (kafka_key, userid, t_prev, t_now, delta, prev_count, curr_count)
SELECT
  userid AS kafka_key,
  userid,
  t_prev,
  t_now,
  delta,
  prev_count,
  curr_count
FROM follower_deltas
