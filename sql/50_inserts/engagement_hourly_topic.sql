-- Question: how does a result row become a record of the result topic?
-- Grain:    one record per row of engagement_hourly_results, keyed by aweme_id.
INSERT INTO engagement_hourly_topic (
  kafka_key, aweme_id, author_id, window_start, window_end, play_count, digg_count, comment_count, share_count, engagement_total,
  engagement_rate_plays, is_final
)
SELECT
  aweme_id AS kafka_key,
  aweme_id,
  author_id,
  window_start,
  window_end,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  engagement_rate_plays,
  is_final
FROM engagement_hourly_results
