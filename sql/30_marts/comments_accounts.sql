-- Question: what does each comment account for?
-- Grain:    one row per valid comment.
-- Key:      bucket, the UTC hour of the observation in Unix seconds.
-- Not behind the join with snapshots: its watermark is also that of snapshots, and these counts would lag behind those of `read`.
CREATE TEMPORARY VIEW comments_accounts AS
SELECT
  ingested_at / 3600000 * 3600 AS bucket,
  CASE WHEN is_late THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS counted,
  CASE WHEN is_late THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS late,
  CAST(0 AS BIGINT) AS beyond_bound
FROM comments_observed
