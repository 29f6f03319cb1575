-- Masked view of hashtag_hourly, as in 0021: it names no person.
CREATE OR REPLACE VIEW ${DATABASE}_shared.hashtag_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    hashtag, window_start, window_end, posts, creators, play_count, engagement_total, delta_plays
FROM hashtag_hourly
COMMENT 'One row per hashtag and UTC hour in which a post with it was observed';
