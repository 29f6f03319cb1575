-- Question: what was the last earlier hour of each post?
-- Grain:    one row per post and closed hour; the earlier hour's columns are NULL for the first.
-- Key:      (aweme_id, window_start).   Lateness: none can be lost here, see below.
-- LAG keeps one row per post; a join of the hours with themselves on times that are no time attributes would keep them all.
-- It takes the hours as they arrive: all of a post leave one task of the window, in order of their ends. Ordered by window_time, it would
-- drop what the watermark has passed, and after a silence it passes: the first task that wakes speaks for those that are still idle.
CREATE TEMPORARY VIEW trending_hourly_ordered AS
SELECT
  aweme_id,
  author_id,
  window_start,
  window_end,
  window_time,
  play_count,
  LAG(play_count) OVER (PARTITION BY aweme_id ORDER BY arrival) AS prev_play_count,
  LAG(window_end) OVER (PARTITION BY aweme_id ORDER BY arrival) AS prev_window_end
FROM (
  SELECT
    *,
    PROCTIME() AS arrival
  FROM trending_hourly_windows
)
