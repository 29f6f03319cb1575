CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_growth_weekly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, week_start, follower_count, prev_follower_count, growth_rate
FROM follower_growth_weekly
