-- Rows pass as they come: the table keeps the newest one of each account.
CREATE MATERIALIZED VIEW IF NOT EXISTS creators_newest_mv TO creators_newest
AS SELECT userid, unique_id, nickname, sec_uid, is_verified, region, follower_count, observed_at
FROM user_observations_log
