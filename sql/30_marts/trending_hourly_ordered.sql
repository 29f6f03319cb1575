-- Question: what was the last earlier hour of each post?
-- Grain:    one row per post and closed hour; the earlier hour's columns are NULL for the first.
-- Key:      (aweme_id, window_start).   Lateness: none can be lost here.
-- LAG keeps one row per post; a join of the hours with themselves on times that are no time attributes would keep them all.
-- It takes the hours as they arrive: all of a post leave one task of the window, in order of their ends. So it needs no watermark.
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
    aweme_id,
    author_id,
    window_start,
    window_end,
    window_time,
    play_count,
    PROCTIME() AS arrival
  FROM trending_hourly_windows
)
