-- Question: which rows does ClickHouse merge into velocity_30m?
-- Grain:    several rows per post and window; their least and greatest values are the answer, in any order and any number of times.
-- Key:      (aweme_id, window_start).   Window: sliding, 30 minutes, every 5.   Lateness: unbounded.
CREATE TEMPORARY VIEW velocity_30m AS
SELECT
  aweme_id,
  CAST(window_start AS TIMESTAMP(3)) AS window_start,
  author_id,
  least_play_count,
  greatest_play_count,
  least_engagement,
  greatest_engagement
FROM velocity_30m_windows
UNION ALL
SELECT
  aweme_id,
  CAST(window_start AS TIMESTAMP(3)) AS window_start,
  author_id,
  play_count AS least_play_count,
  play_count AS greatest_play_count,
  engagement_total AS least_engagement,
  engagement_total AS greatest_engagement
FROM velocity_30m_direct
