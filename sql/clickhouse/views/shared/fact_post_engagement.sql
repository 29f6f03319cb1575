CREATE OR REPLACE VIEW ${DATABASE}_shared.fact_post_engagement
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, snapshot_date, author_id, created_at, play_count, digg_count, comment_count, share_count, download_count,
    collect_count, engagement_total, engagement_rate_plays, follower_count, engagement_rate_followers
FROM fact_post_engagement
