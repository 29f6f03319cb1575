-- Question: which rows does ClickHouse merge into engagement_hourly?
-- Grain:    several rows per post and hour; their column-wise maximum is the answer, in any order and any number of times.
-- Key:      (aweme_id, window_start).   Window: tumbling, one UTC hour.   Lateness: unbounded.
CREATE TEMPORARY VIEW engagement_hourly AS
SELECT
  aweme_id,
  author_id,
  CAST(window_start AS TIMESTAMP(3)) AS window_start,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  1 AS is_final
FROM engagement_hourly_windows
UNION ALL
SELECT
  aweme_id,
  author_id,
  CAST(window_start AS TIMESTAMP(3)) AS window_start,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  is_final
FROM engagement_hourly_direct
