CREATE OR REPLACE VIEW ${DATABASE}_shared.fact_follower_snapshot
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, snapshot_date, follower_count, following_count, heart_count, video_count, digg_count
FROM fact_follower_snapshot
