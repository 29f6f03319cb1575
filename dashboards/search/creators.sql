-- Question: which creators does somebody mean who gives an id, or a part of a handle or name?
-- Grain:    one row per account; by name only accounts that were opted in are found. The best match first, of equal ones the largest.
--           How an account matches: 0 by id, 1 by its handle, 2 by the beginning of it, 3 otherwise.
SELECT
    userid AS creator,
    unique_id AS handle,
    nickname AS display_name,
    ifNull(region, '') AS country,
    follower_count AS followers,
    multiIf(
        userid = {creator:String}, 0,
        lowerUTF8(unique_id) = {handle:String}, 1,
        startsWith(lowerUTF8(unique_id), {handle:String}), 2,
        3
    ) AS match
FROM creators
WHERE userid = {creator:String}
    OR userid IN
    (
        SELECT userid
        FROM creator_names
        WHERE lowerUTF8(creator_names.handle) LIKE {like_handle:String} 
            OR ({like_name:String} != '' AND lowerUTF8(creator_names.display_name) LIKE {like_name:String})
    )
ORDER BY match, followers DESC, creator
LIMIT {limit:UInt32}
