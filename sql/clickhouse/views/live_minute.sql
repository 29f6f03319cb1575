-- Each part has what only it knows of a room's minutes, and nothing else: events, combos that ended in it, signs of life of the
-- connections, and gaps between these. Likes are the growth of the room's total from before the minute's first to its last event: what was
-- missed in a gap is in no minute. A minute that was missed has no figures; zero means that nothing happened. A range of minutes is one of
-- moments to the engine through toStartOfInterval, not through toDateTime64: so the index serves.
CREATE OR REPLACE VIEW live_minute
(
    room_id String,
    minute DateTime64(3, 'UTC'),
    author_id String,
    viewers_last Nullable(UInt64),
    viewers_max Nullable(UInt64),
    chats Nullable(UInt64),
    chatters Nullable(UInt64),
    mood Nullable(Float64),
    likes Nullable(UInt64),
    new_members Nullable(UInt64),
    follows Nullable(UInt64),
    shares Nullable(UInt64),
    subscriptions Nullable(UInt64),
    gifts Nullable(UInt64),
    diamonds Nullable(UInt64),
    seconds_missed Float64,
    record String,
    is_final UInt8
)
AS SELECT
    room_id,
    minute,
    max(host) AS author_id,
    max(last_viewers) AS viewers_last,
    max(most_viewers) AS viewers_max,
    if(record = 'missed', NULL, toNullable(sum(said))) AS chats,
    if(record = 'missed', NULL, toNullable(sum(sayers))) AS chatters,
    max(mean_compound) AS mood,
    if(record = 'missed', NULL, toNullable(sum(liked))) AS likes,
    if(record = 'missed', NULL, toNullable(sum(joined))) AS new_members,
    if(record = 'missed', NULL, toNullable(sum(followed))) AS follows,
    if(record = 'missed', NULL, toNullable(sum(shared))) AS shares,
    if(record = 'missed', NULL, toNullable(sum(subscribed))) AS subscriptions,
    if(record = 'missed', NULL, toNullable(sum(given))) AS gifts,
    if(record = 'missed', NULL, toNullable(sum(worth))) AS diamonds,
    sum(missed_ms) / 1000 AS seconds_missed,
    multiIf(seconds_missed >= 60, 'missed', seconds_missed > 0, 'partly', 'seen') AS record,
    toUInt8(minute <= (SELECT max(closed.minute) FROM live_minutes_closed AS closed)) AS is_final
FROM
(
    SELECT
        room_id,
        toStartOfInterval(observed_at, toIntervalMillisecond(60000)) AS minute,
        max(log.author_id) AS host,
        argMaxIf(viewer_count, (observed_at, kafka_offset), event = 'roomUserSeq' AND viewer_count IS NOT NULL) AS last_viewers,
        maxIf(viewer_count, event = 'roomUserSeq') AS most_viewers,
        countIf(event = 'chat') AS said,
        uniqExactIf(if(user_id != '', user_id, unique_id), event = 'chat') AS sayers,
        sumIf(toInt64(round(sentiment_compound * 1e9)), event = 'chat') / 1e9
            / nullIf(countIf(event = 'chat' AND ifNull(sentiment_compound, 0) != 0), 0) AS mean_compound,
        toUInt64(ifNull
        (
            greatest(toInt64(maxIf(total_likes, event = 'like')) - minIf(toInt64(total_likes) - toInt64(ifNull(like_count, 0)), event = 'like'), 0),
            sumIf(ifNull(like_count, 0), event = 'like')
        )) AS liked,
        countIf(event = 'member') AS joined,
        countIf(event = 'social' AND action = 'follow') AS followed,
        countIf(event = 'social' AND action = 'share') AS shared,
        countIf(event = 'subscribe') AS subscribed,
        toUInt64(0) AS given,
        toUInt64(0) AS worth,
        toInt64(0) AS missed_ms
    FROM (SELECT * FROM live_observations_log FINAL) AS log
    WHERE event NOT IN ('caption', 'translation', 'credits', 'credits_low', 'ranking', 'hashtag')
    GROUP BY room_id, minute
    UNION ALL
    SELECT
        room_id, toStartOfInterval(ended_at, toIntervalMillisecond(60000)) AS minute, '', NULL, NULL, 0, 0, NULL, 0, 0, 0, 0, 0,
        sum(repeat_count), sum(diamonds), 0
    FROM live_gifts
    GROUP BY room_id, minute
    UNION ALL
    SELECT
        room_id, toStartOfInterval(observed_at, toIntervalMillisecond(60000)) AS minute, max(author_id), NULL, NULL, 0, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0
    FROM live_room_changes_log
    WHERE change IN ('connected', 'alive', 'disconnected') AND source IN ('websocket', 'poll')
    GROUP BY room_id, minute
    UNION ALL
    SELECT
        room_id, toDateTime64(toDateTime(number * 60, 'UTC'), 3, 'UTC') AS minute, max(author_id), NULL, NULL, 0, 0, NULL, 0, 0, 0, 0, 0, 0, 0,
        sum(least(toUnixTimestamp64Milli(ended_at), number * 60000 + 60000) - greatest(toUnixTimestamp64Milli(began_at), number * 60000))
    FROM live_gaps
    ARRAY JOIN range(intDiv(toUnixTimestamp64Milli(began_at), 60000), intDiv(toUnixTimestamp64Milli(ended_at) - 1, 60000) + 1) AS number
    GROUP BY room_id, minute
)
WHERE room_id != '0'
GROUP BY room_id, minute
