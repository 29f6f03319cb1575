-- Question: which LIVE rooms were on air in the range, and how do they do?
-- Grain:    one row per room of which something became known in the range; those on air come first, then the newest. Figures are of
--           the range.
WITH
    rooms AS
    (
        SELECT
            room_id,
            max(live_room_changes.author_id) AS host,
            argMaxIf(live_room_changes.title, observed_at, live_room_changes.title != '') AS name,
            min(observed_at) AS first_at,
            max(observed_at) AS last_at,
            maxIf(toNullable(observed_at), change = 'ended') AS end_at,
            argMaxIf(close_name, observed_at, change = 'ended') AS end_name
        FROM live_room_changes
        WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
        GROUP BY room_id
        HAVING {creator:String} = '' OR host = {creator:String}
    ),
    minutes AS
    (
        SELECT
            room_id,
            argMaxIf(viewers_last, minute, viewers_last IS NOT NULL) AS newest,
            max(viewers_max) AS most,
            groupArray(120)((minute, viewers_max)) AS line,
            sum(ifNull(live_minute.diamonds, 0)) AS gained,
            sum(ifNull(live_minute.chats, 0)) AS said,
            sum(ifNull(live_minute.mood, 0) * ifNull(live_minute.chats, 0))
                / nullIf(sumIf(ifNull(live_minute.chats, 0), live_minute.mood IS NOT NULL), 0) AS felt,
            sum(live_minute.seconds_missed) AS missed_s
        FROM (SELECT * FROM live_minute ORDER BY minute DESC) AS live_minute
        WHERE minute >= {time_from:DateTime64(3, 'UTC')} AND minute < {time_to:DateTime64(3, 'UTC')}
        GROUP BY room_id
    )
SELECT
    rooms.room_id AS room_id,
    rooms.host AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    rooms.name AS title,
    if(rooms.end_at IS NULL, 'on air', 'ended') AS state,
    rooms.first_at AS since,
    rooms.end_at AS ended_at,
    rooms.end_name AS why_ended,
    minutes.newest AS viewers,
    minutes.most AS peak_viewers,
    arrayMap(point -> point.2, arraySort(point -> point.1, minutes.line)) AS viewers_by_minute,
    minutes.gained AS diamonds,
    minutes.said AS chats,
    minutes.felt AS mood,
    minutes.missed_s AS seconds_missed
FROM rooms
LEFT JOIN minutes ON rooms.room_id = minutes.room_id
LEFT JOIN creator_names AS named ON rooms.host = named.userid
ORDER BY rooms.end_at IS NOT NULL, rooms.last_at DESC, room_id
LIMIT {limit:UInt32}
