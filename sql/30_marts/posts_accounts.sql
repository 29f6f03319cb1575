-- Question: what does each row of post_hours account for?
-- Grain:    as post_hours.
-- Key:      bucket, the UTC hour of the observation in Unix seconds.
CREATE TEMPORARY VIEW posts_accounts AS
SELECT
  CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', FLOOR(window_start TO HOUR)) AS BIGINT) AS bucket,
  counted,
  late,
  beyond_bound
FROM post_hours
