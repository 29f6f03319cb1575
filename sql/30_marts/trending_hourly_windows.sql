-- Question: how many plays had each post by the end of the hour?
-- Grain:    one row per post and closed hour.
-- Key:      (aweme_id, window_start).   Window: tumbling, one UTC hour.
-- Lateness: none; the operator drops what comes behind its watermark. What had been alerted stays as it was alerted, and the view
--           trending_hourly_corrected of ClickHouse shows what is known now.
CREATE TEMPORARY VIEW trending_hourly_windows AS
SELECT
  aweme_id,
  window_start,
  window_end,
  window_time,
  MAX(author_id) AS author_id,
  MAX(play_count) AS play_count
FROM TABLE(TUMBLE(TABLE posts_observed, DESCRIPTOR(event_time), INTERVAL '1' HOUR))
GROUP BY aweme_id, window_start, window_end, window_time
