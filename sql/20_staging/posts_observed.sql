-- Question: which observations can be counted?
-- Grain:    one row per valid record of tiktok.posts.events, with all columns of posts_events; in a backfill of those before its end.
-- Key:      aweme_id.   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW posts_observed AS
SELECT *
FROM posts_events
WHERE error IS NULL AND (${TO_THE_END} OR ingested_at < ${UNTIL_MS})
