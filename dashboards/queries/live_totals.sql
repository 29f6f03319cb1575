-- Question: what goes on in LIVE rooms, all in all?
-- Grain:    one row. A room is on air until its end is told; its viewers are those last told in the range.
SELECT
    toUInt64(countIf(rooms.has_ended = 0)) AS rooms_on_air,
    toUInt64(sumIf(minutes.viewers_now, rooms.has_ended = 0)) AS viewers_now,
    toUInt64(sum(minutes.gained)) AS diamonds,
    toUInt64(sum(minutes.said)) AS chats,
    sum(minutes.felt) / nullIf(sum(minutes.judged), 0) AS mood,
    sum(minutes.missed_s) AS seconds_missed
FROM
(
    SELECT room_id, max(change = 'ended') AS has_ended
    FROM live_room_changes
    WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
        AND ({creator:String} = '' OR live_room_changes.author_id = {creator:String})
    GROUP BY room_id
) AS rooms
LEFT JOIN
(
    SELECT
        room_id,
        argMaxIf(assumeNotNull(viewers_last), minute, viewers_last IS NOT NULL) AS viewers_now,
        sum(ifNull(live_minute.diamonds, 0)) AS gained,
        sum(ifNull(live_minute.chats, 0)) AS said,
        sum(ifNull(live_minute.mood, 0) * ifNull(live_minute.chats, 0)) AS felt,
        sumIf(ifNull(live_minute.chats, 0), live_minute.mood IS NOT NULL) AS judged,
        sum(live_minute.seconds_missed) AS missed_s
    FROM live_minute
    WHERE minute >= {time_from:DateTime64(3, 'UTC')} AND minute < {time_to:DateTime64(3, 'UTC')}
    GROUP BY room_id
) AS minutes ON rooms.room_id = minutes.room_id
LIMIT 1
