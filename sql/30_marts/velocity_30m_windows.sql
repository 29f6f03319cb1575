-- Question: between which values did the counters of each post move within half an hour?
-- Grain:    one row per post and window with an observation.
-- Key:      (aweme_id, window_start).   Window: sliding, 30 minutes, every 5.
-- Lateness: none; the operator drops what comes behind its watermark, and velocity_30m_direct carries it.
CREATE TEMPORARY VIEW velocity_30m_windows AS
SELECT
  aweme_id,
  window_start,
  MAX(author_id) AS author_id,
  MIN(play_count) AS least_play_count,
  MAX(play_count) AS greatest_play_count,
  MIN(engagement_total) AS least_engagement,
  MAX(engagement_total) AS greatest_engagement
FROM TABLE(HOP(TABLE posts_observed, DESCRIPTOR(event_time), INTERVAL '5' MINUTE, INTERVAL '30' MINUTE))
GROUP BY aweme_id, window_start, window_end
