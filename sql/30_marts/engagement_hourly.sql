-- Question: which rows does ClickHouse merge into engagement_hourly?
-- Grain:    several rows per post and hour; their column-wise maximum is the answer, in any order and any number of times.
-- Key:      (aweme_id, window_start).   Window: tumbling, one UTC hour.   Lateness: unbounded.
-- Only a window may say that its hour has closed: it alone has the watermark of all tasks.
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
  CAST(1 AS TINYINT) AS is_final
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
  CAST(0 AS TINYINT) AS is_final
FROM engagement_hourly_direct
