-- Question: what became of LIVE rooms in the range: which went on air, which ended, and when was nobody watching?
-- Grain:    one row per bucket and kind, newest first; the time is that of the first of them. The room is named where it is one.
SELECT
    min(at) AS happened_at,
    kind AS what,
    uniqExact(room) AS events,
    if(events = 1, any(room), '') AS room_id,
    if(events = 1, any(detail), '') AS told
FROM
(
    SELECT
        min(observed_at) AS at, if(change = 'started', 'on air', 'ended') AS kind, live_room_changes.room_id AS room,
        max(close_name) AS detail, max(author_id) AS host
    FROM live_room_changes
    WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
        AND change IN ('started', 'ended')
    GROUP BY room, change
    UNION ALL
    SELECT
        began_at AS at, 'not watched' AS kind, live_gaps.room_id AS room,
        concat('for ', toString(toUInt64(ceil(dateDiff('millisecond', began_at, ended_at) / 1000))), ' s ', close_name) AS detail,
        author_id AS host
    FROM live_gaps
    WHERE began_at >= {time_from:DateTime64(3, 'UTC')} AND began_at < {time_to:DateTime64(3, 'UTC')}
)
WHERE {creator:String} = '' OR host = {creator:String}
GROUP BY toStartOfInterval(at, toIntervalSecond({interval_s:UInt32})), kind
ORDER BY happened_at DESC, what
LIMIT {limit:UInt32}
