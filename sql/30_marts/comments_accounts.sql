-- Question: what does each comment account for, behind the function that joins snapshots to it?
-- Grain:    one row per comment of comments_with_snapshots.
-- Key:      bucket, the UTC hour of the observation in Unix seconds.
CREATE TEMPORARY VIEW comments_accounts AS
SELECT
  ingested_at / 3600000 * 3600 AS bucket,
  CASE WHEN is_late THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS counted,
  CASE WHEN is_late THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS late,
  CAST(0 AS BIGINT) AS beyond_bound
FROM comments_with_snapshots
WHERE comment_id IS NOT NULL
