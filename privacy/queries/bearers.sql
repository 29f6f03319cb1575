-- Accounts that bear one of these handles, or have one of these secUids, by the newest observation of each.
SELECT userid, lowerUTF8(unique_id) AS handle, sec_uid, observed_at
FROM creators_newest FINAL
WHERE lowerUTF8(unique_id) IN {handles:Array(String)} OR sec_uid IN {secuids:Array(String)}
