-- Question: what is muted now, or will be?
-- Grain:    one row per post, creator or hashtag, that which ends last first.
SELECT aweme_id, userid, hashtag, until, made_at, author, comment
FROM alert_mutes
WHERE until > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC')
ORDER BY until DESC, aweme_id, userid, hashtag
LIMIT 10000
