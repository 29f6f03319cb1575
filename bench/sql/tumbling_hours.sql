-- Question: what does an hour of each post come to, as anyone would write it in Flink SQL?
-- Grain:    one row per post and UTC hour, once; what comes behind the watermark is dropped.
-- Key:      (aweme_id, window_start).
CREATE TEMPORARY VIEW tumbling_hours AS
SELECT
  aweme_id,
  MAX(author_id) AS author_id,
  window_start,
  window_end,
  MAX(play_count) AS play_count,
  MAX(digg_count) AS digg_count,
  MAX(comment_count) AS comment_count,
  MAX(share_count) AS share_count,
  MAX(digg_count + comment_count + share_count) AS engagement_total
FROM TUMBLE(DATA => TABLE posts_events, TIMECOL => DESCRIPTOR(event_time), SIZE => INTERVAL '1' HOUR)
GROUP BY aweme_id, window_start, window_end
