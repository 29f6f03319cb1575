-- Question: which follower count was an author's latest at any time?
-- Grain:    a versioned table: one row per user, each snapshot a version from its moment on.
-- Key:      userid.
CREATE TEMPORARY VIEW author_versions AS
SELECT
  userid,
  observed_at,
  follower_count
FROM (
  SELECT
    userid,
    observed_at,
    follower_count,
    ROW_NUMBER() OVER (PARTITION BY userid ORDER BY observed_at DESC) AS newest
  FROM author_counts
)
WHERE newest = 1
