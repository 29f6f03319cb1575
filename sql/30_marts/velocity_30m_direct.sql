-- Question: what do late observations add to half hours that have closed?
-- Grain:    one row per late observation and window it belongs to, six each.
-- Key:      (aweme_id, window_start).   Window: sliding, by arithmetic, so that no watermark can refuse it.
-- Lateness: unbounded. A row is late when the first of its windows has closed; least and greatest values make the others harmless.
-- The array is made of each row, for a constant one would be joined to all rows in a single task.
CREATE TEMPORARY VIEW velocity_30m_direct AS
SELECT
  aweme_id,
  author_id,
  windows.window_start AS window_start,
  play_count,
  engagement_total
FROM (
  SELECT
    aweme_id,
    author_id,
    play_count,
    engagement_total,
    ARRAY[
      slide_start,
      slide_start - INTERVAL '5' MINUTE,
      slide_start - INTERVAL '10' MINUTE,
      slide_start - INTERVAL '15' MINUTE,
      slide_start - INTERVAL '20' MINUTE,
      slide_start - INTERVAL '25' MINUTE
    ] AS window_starts
  FROM posts_late_for_slides
)
CROSS JOIN UNNEST(window_starts) AS windows (window_start)
