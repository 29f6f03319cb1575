-- Question: what do consumers other than ClickHouse get to know of an hour?
-- Grain:    one row per post and closed hour, and one per observation that comes later; take the maximum of each column.
-- Key:      aweme_id.   Window: the UTC hour of the observation.   Lateness: unbounded.
CREATE TEMPORARY VIEW engagement_hourly_results AS
SELECT
  aweme_id,
  author_id,
  window_start,
  window_start + INTERVAL '1' HOUR AS window_end,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  CAST(engagement_total AS DOUBLE) / NULLIF(play_count, 0) AS engagement_rate_plays,
  CASE WHEN kind = 'closed' THEN 1 ELSE 0 END AS is_final
FROM post_hours
WHERE kind <> 'growth'
