-- Question: how many viewers has each LIVE room, minute by minute?
-- Grain:    one row per bucket of at least a minute and room, oldest first: the most viewers of the bucket. The ten rooms with the highest
--           peak in the range, by handle where it may be shown, with the end of the room's id. No row while the connection was down.
WITH
    peaks AS
    (
        SELECT room_id, max(author_id) AS host
        FROM live_minute
        WHERE minute >= {time_from:DateTime64(3, 'UTC')} AND minute < {time_to:DateTime64(3, 'UTC')}
            AND viewers_max IS NOT NULL
        GROUP BY room_id
        HAVING {creator:String} = '' OR host = {creator:String}
        ORDER BY max(viewers_max) DESC, room_id
        LIMIT 10
    )
SELECT
    toDateTime64(toStartOfInterval(minute, toIntervalSecond(greatest({interval_s:UInt32}, 60))), 3, 'UTC') AS bucket,
    concat(coalesce(nullIf(max(named.handle), ''), 'room'), ' …', right(minutes.room_id, 4)) AS room,
    max(minutes.viewers_max) AS viewers
FROM
(
    SELECT room_id, minute, viewers_max
    FROM live_minute
    WHERE minute >= {time_from:DateTime64(3, 'UTC')} AND minute < {time_to:DateTime64(3, 'UTC')}
        AND viewers_max IS NOT NULL
) AS minutes
INNER JOIN peaks ON minutes.room_id = peaks.room_id
LEFT JOIN creator_names AS named ON peaks.host = named.userid
GROUP BY bucket, minutes.room_id
ORDER BY bucket, room
LIMIT 2000
