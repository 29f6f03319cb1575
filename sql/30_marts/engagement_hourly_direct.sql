-- Question: what is known of the running hour now, and what did late observations add to closed ones?
-- Grain:    one row per observation, already a partial maximum of its hour.
-- Key:      (aweme_id, window_start).   Window: the UTC hour of event_time, by arithmetic, so that no watermark can refuse it.
-- Lateness: unbounded. With partial results on every observation passes, so the table is exact whatever the windows drop;
--           with partial results off (backfill) only late rows and rows in doubt pass.
CREATE TEMPORARY VIEW engagement_hourly_direct AS
SELECT
  aweme_id,
  author_id,
  FLOOR(event_time TO HOUR) AS window_start,
  FLOOR(event_time TO HOUR) + INTERVAL '1' HOUR AS window_end,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total
FROM posts_observed
WHERE ${PARTIAL_RESULTS}
  OR leaves_window(event_time, CURRENT_WATERMARK(event_time), ${WINDOW_MS}, ${MAX_AHEAD_MS}, ${IDLE_MS}, ${RESUMED})
