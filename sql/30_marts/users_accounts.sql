-- Question: what does each row of follower_history account for?
-- Grain:    as follower_history.
-- Key:      bucket, the UTC hour of the observation in Unix seconds.
CREATE TEMPORARY VIEW users_accounts AS
SELECT
  CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', FLOOR(t_now TO HOUR)) AS BIGINT) AS bucket,
  counted,
  late,
  beyond_bound
FROM follower_history
