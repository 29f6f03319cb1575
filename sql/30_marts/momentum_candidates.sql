-- Question: which observations may be momentum alerts, whatever their author's tier is?
-- Grain:    one row per observation that is newer than all before it of its post, and fast enough for the tier that wants least.
-- Key:      (aweme_id, observed_at).   Window: the 30 to 60 minutes before the observation.   Lateness: none; a late observation is no row.
CREATE TEMPORARY VIEW momentum_candidates AS
SELECT
  aweme_id,
  author_id,
  observed_at,
  play_count,
  base_at,
  base_play_count
FROM post_momentum(
  posts => (
    SELECT
      aweme_id,
      author_id,
      play_count,
      ingested_at,
      play_count = 0 AND create_time BETWEEN ingested_at / 1000 - 3599 AND ingested_at / 1000 + 3599 AS begins
    FROM posts_observed
  ) PARTITION BY aweme_id,
  uid => 'momentum_candidates'
)
