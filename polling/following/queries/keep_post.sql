-- The newest look at a post takes the place of the one before.
INSERT OR REPLACE INTO posts (aweme_id, creator, plays, seen_ms, moved_ms, gain, followed)
VALUES (:aweme_id, :creator, :plays, :seen_ms, :moved_ms, :gain, :followed)
