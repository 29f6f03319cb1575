-- Every post, in a fixed order.
SELECT aweme_id, creator, plays, seen_ms, moved_ms, gain, followed FROM posts ORDER BY aweme_id
