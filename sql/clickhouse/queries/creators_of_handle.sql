-- Question: whose handle is this, or was it last?
-- Grain:    one row per creator who has been seen with it, the one who had it last first.
SELECT userid, max(observed_at) AS seen_at
FROM user_observations
WHERE lowerUTF8(unique_id) = lowerUTF8({handle:String})
GROUP BY userid
ORDER BY seen_at DESC, userid
LIMIT 10
