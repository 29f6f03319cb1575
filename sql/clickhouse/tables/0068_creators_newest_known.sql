-- What was observed before the table was there; a repetition writes rows that merge with themselves.
INSERT INTO creators_newest (userid, unique_id, nickname, sec_uid, is_verified, region, follower_count, observed_at)
SELECT userid, unique_id, nickname, sec_uid, is_verified, region, follower_count, observed_at
FROM user_observations_log FINAL
