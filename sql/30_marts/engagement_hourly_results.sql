-- Question: what do consumers other than ClickHouse get to know of an hour?
-- Grain:    one row per post and closed hour, and one per observation that is late or in doubt; take the maximum of each column.
-- Key:      aweme_id.   Window: tumbling, one UTC hour.   Lateness: unbounded.
CREATE TEMPORARY VIEW engagement_hourly_results AS
SELECT
  aweme_id,
  author_id,
  CAST(window_start AS TIMESTAMP(3)) AS window_start,
  CAST(window_end AS TIMESTAMP(3)) AS window_end,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  CAST(engagement_total AS DOUBLE) / NULLIF(play_count, 0) AS engagement_rate_plays,
  1 AS is_final
FROM engagement_hourly_windows
UNION ALL
SELECT
  aweme_id,
  author_id,
  CAST(FLOOR(event_time TO HOUR) AS TIMESTAMP(3)) AS window_start,
  CAST(FLOOR(event_time TO HOUR) + INTERVAL '1' HOUR AS TIMESTAMP(3)) AS window_end,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  CAST(engagement_total AS DOUBLE) / NULLIF(play_count, 0) AS engagement_rate_plays,
  0 AS is_final
FROM posts_late
