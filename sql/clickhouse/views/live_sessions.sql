-- A room is one broadcast. It began when it was first known of, and has ended when that was told; until then the last sign of life
-- stands for its end.
CREATE OR REPLACE VIEW live_sessions
(
    room_id String,
    author_id String,
    title String,
    began_at DateTime64(3, 'UTC'),
    ended_at Nullable(DateTime64(3, 'UTC')),
    known_until DateTime64(3, 'UTC'),
    end_name String,
    peak_viewers Nullable(UInt64),
    mean_viewers Nullable(Float64),
    minutes_seen Float64,
    minutes_missed Float64,
    chats UInt64,
    mood Nullable(Float64),
    gifts UInt64,
    diamonds UInt64,
    value_usd Float64,
    top_gifters Array(String),
    top_gifters_diamonds Array(UInt64)
)
AS SELECT
    rooms.room_id AS room_id,
    rooms.host AS author_id,
    rooms.name AS title,
    rooms.first_at AS began_at,
    rooms.last_at AS ended_at,
    rooms.until_known AS known_until,
    rooms.last_name AS end_name,
    minutes.peak AS peak_viewers,
    minutes.mean AS mean_viewers,
    dateDiff('millisecond', began_at, known_until) / 60000 - minutes_missed AS minutes_seen,
    ifNull(minutes.missed, 0) AS minutes_missed,
    ifNull(minutes.said, 0) AS chats,
    minutes.mean_mood AS mood,
    ifNull(gifts.given, 0) AS gifts,
    ifNull(gifts.worth, 0) AS diamonds,
    ifNull(gifts.usd, 0) AS value_usd,
    arrayMap(gifter -> gifter.2, arraySlice(arraySort(gifter -> (-gifter.1, gifter.2), gifts.gifters), 1, 3)) AS top_gifters,
    arrayMap(gifter -> toUInt64(gifter.1), arraySlice(arraySort(gifter -> (-gifter.1, gifter.2), gifts.gifters), 1, 3)) AS top_gifters_diamonds
FROM
(
    SELECT
        room_id,
        max(author_id) AS host,
        argMaxIf(title, observed_at, title != '') AS name,
        min(least(observed_at, ifNull(connected_at, observed_at))) AS first_at,
        maxIf(toNullable(observed_at), change = 'ended') AS last_at,
        max(observed_at) AS until_known,
        argMaxIf(close_name, observed_at, change = 'ended') AS last_name
    FROM live_room_changes_log FINAL
    WHERE room_id != '0' AND source != 'captions'
    GROUP BY room_id
) AS rooms
LEFT JOIN
(
    SELECT
        room_id,
        max(viewers_max) AS peak,
        avg(viewers_last) AS mean,
        sum(seconds_missed) / 60 AS missed,
        sum(ifNull(chats, 0)) AS said,
        avg(mood) AS mean_mood
    FROM live_minute
    GROUP BY room_id
) AS minutes ON rooms.room_id = minutes.room_id
LEFT JOIN
(
    SELECT
        room_id,
        sum(presents) AS given,
        sum(paid) AS worth,
        sum(paid_usd) AS usd,
        groupArray((toInt64(paid), user_id)) AS gifters
    FROM
    (
        SELECT room_id, user_id, sum(repeat_count) AS presents, sum(diamonds) AS paid, sum(value_usd) AS paid_usd
        FROM live_gifts
        GROUP BY room_id, user_id
    )
    GROUP BY room_id
) AS gifts ON rooms.room_id = gifts.room_id
