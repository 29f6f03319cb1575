CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_deltas
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, t_prev, t_now, delta, prev_count, curr_count, revision
FROM follower_deltas
