-- Question: which rows does ClickHouse merge into engagement_hourly?
-- Grain:    several rows per post and hour; their column-wise maximum is the answer, in any order and any number of times.
-- Key:      (aweme_id, window_start).   Window: the UTC hour of the observation.   Lateness: unbounded.
-- With partial results on every observation passes as it comes, so that the running hour is visible; a row of kind `closed` says that its
-- hour has ended.
CREATE TEMPORARY VIEW engagement_hourly_maxima AS
SELECT
  aweme_id,
  author_id,
  window_start,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  CAST(CASE WHEN kind = 'closed' THEN 1 ELSE 0 END AS TINYINT) AS is_final
FROM post_hours
WHERE kind <> 'growth'
UNION ALL
SELECT
  aweme_id,
  author_id,
  CAST(FLOOR(event_time TO HOUR) AS TIMESTAMP(3)) AS window_start,
  play_count,
  digg_count,
  comment_count,
  share_count,
  digg_count + comment_count + share_count AS engagement_total,
  CAST(0 AS TINYINT) AS is_final
FROM posts_observed
WHERE ${PARTIAL_RESULTS}
