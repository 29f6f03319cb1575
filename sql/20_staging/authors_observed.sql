-- Question: which snapshots may say how many followers an author has, by the clock of posts and snapshots together?
-- Grain:    one row per valid record of tiktok.users.snapshots.
-- Key:      userid.   Window: none yet.   Lateness: unbounded.
-- No post passes the second branch; its watermarks do. When nobody looks at profiles, the snapshots topic is idle and its own clock stands
-- still: the last snapshots would then wait for the next one, and hours would be judged without them.
CREATE TEMPORARY VIEW authors_observed AS
SELECT
  userid,
  follower_count,
  event_time
FROM users_observed
UNION ALL
SELECT
  author_id AS userid,
  play_count AS follower_count,
  event_time
FROM posts_observed
WHERE kafka_offset < 0
