CREATE OR REPLACE VIEW ${DATABASE}_shared.hashtag_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    hashtag, window_start, window_end, posts, creators, play_count, engagement_total, delta_plays
FROM hashtag_hourly
