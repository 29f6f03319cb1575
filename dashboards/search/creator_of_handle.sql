-- Question: whose handle is this?
-- Grain:    one row at most; none for who was not opted in.
SELECT userid
FROM creator_names
WHERE lowerUTF8(creator_names.handle) = {handle:String}
ORDER BY userid
LIMIT 1
