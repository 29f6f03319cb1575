CREATE OR REPLACE VIEW ${DATABASE}_shared.engagement_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, play_count, digg_count, comment_count, share_count, engagement_total,
    engagement_rate_plays, is_final
FROM engagement_hourly
