CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_snapshots
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, observed_at, follower_count
FROM follower_snapshots
