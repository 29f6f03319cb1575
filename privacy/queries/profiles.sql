-- Names under which the person was observed, as far as one table tells.
SELECT DISTINCT unique_id, nickname, sec_uid
FROM ${TABLE}
WHERE userid = {userid:String}
