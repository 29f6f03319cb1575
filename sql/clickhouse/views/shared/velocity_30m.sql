CREATE OR REPLACE VIEW ${DATABASE}_shared.velocity_30m
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, delta_plays, plays_per_minute, engagement_rate_change, revision
FROM velocity_30m
