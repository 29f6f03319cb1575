-- Question: what do viewers of LIVE rooms do over time, and for how long was nobody watching?
-- Grain:    one row per bucket of at least a minute, oldest first. Figures are NULL where every room was missed all the time; seconds
--           missed are of all rooms together.
SELECT
    toDateTime64(toStartOfInterval(minute, toIntervalSecond(greatest({interval_s:UInt32}, 60))), 3, 'UTC') AS bucket,
    sum(live_minute.diamonds) AS diamonds,
    sum(live_minute.chats) AS chats,
    sum(live_minute.likes) AS likes,
    sum(live_minute.new_members) AS new_members,
    sum(live_minute.mood * live_minute.chats) / nullIf(sumIf(live_minute.chats, live_minute.mood IS NOT NULL), 0) AS mean_mood,
    sum(live_minute.seconds_missed) AS seconds_missed
FROM live_minute
WHERE minute >= {time_from:DateTime64(3, 'UTC')} AND minute < {time_to:DateTime64(3, 'UTC')}
    AND ({creator:String} = '' OR author_id = {creator:String})
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
