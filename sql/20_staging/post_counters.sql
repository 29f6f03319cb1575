-- Question: what was observed of the counters that hours are made of?
-- Grain:    one row per valid record of tiktok.posts.events.
-- Key:      aweme_id.   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW post_counters AS
SELECT
  aweme_id,
  author_id,
  play_count,
  digg_count,
  comment_count,
  share_count,
  ingested_at
FROM posts_observed
