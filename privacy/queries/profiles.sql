-- Names under which the person was observed.
SELECT DISTINCT unique_id, nickname, sec_uid
FROM user_observations_log
WHERE userid = {userid:String}
