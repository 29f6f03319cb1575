-- Question: what was observed of the counters that hours are made of?
-- Grain:    one row per valid record of tiktok.posts.events.
-- Key:      aweme_id.   Window: none yet.   Lateness: unbounded.
-- hourly_maxima takes all that stands between author_id and ingested_at for counters, and computes the growth of the first.
CREATE TEMPORARY VIEW post_counters AS
SELECT
  aweme_id,
  author_id,
  play_count,
  digg_count,
  comment_count,
  share_count,
  digg_count + comment_count + share_count AS engagement_total,
  ingested_at
FROM posts_observed
