-- Question: which posts take off, before their hour is over?
-- Grain:    one row per post and quiet time, at the first observation that is fast enough for its author's tier.
-- Key:      (aweme_id, observed_at).   Window: the 30 to 60 minutes before the observation.   Lateness: none; see momentum_candidates.
CREATE TEMPORARY VIEW momentum_alerts AS
SELECT
  aweme_id,
  author_id,
  window_end AS observed_at,
  CAST(TIMESTAMPDIFF(MINUTE, window_start, window_end) AS SMALLINT) AS window_minutes,
  delta_plays,
  delta_plays_per_hour AS plays_per_hour,
  author_follower_count,
  tier,
  threshold,
  threshold_version,
  play_count
FROM post_verdicts
WHERE kind = 'momentum'
