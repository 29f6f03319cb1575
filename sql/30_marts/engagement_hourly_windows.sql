-- Question: how much engagement had each post by the end of the hour?
-- Grain:    one row per post and closed hour.
-- Key:      (aweme_id, window_start).   Window: tumbling, one UTC hour.
-- Lateness: none; the operator drops what comes behind its watermark, and engagement_hourly_direct carries it.
-- MAX, not LAST: upstream counters are eventually consistent and dip.
CREATE TEMPORARY VIEW engagement_hourly_windows AS
SELECT
  aweme_id,
  author_id,
  window_start,
  window_end,
  MAX(play_count) AS play_count,
  MAX(digg_count) AS digg_count,
  MAX(comment_count) AS comment_count,
  MAX(share_count) AS share_count,
  MAX(engagement_total) AS engagement_total
FROM TABLE(TUMBLE(TABLE posts_observed, DESCRIPTOR(event_time), INTERVAL '1' HOUR))
GROUP BY aweme_id, author_id, window_start, window_end
