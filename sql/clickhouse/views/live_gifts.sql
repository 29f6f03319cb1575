-- The events of one viewer and one gift, in the order in which they were first told, are cut into combos: a new one begins behind a
-- repeat_end, with a count that falls, and after 60 s of silence. Where upstream names the combo (group_id), that is all there is to it.
-- A combo counts once, with its greatest count, and belongs to the moment of its last event. Whoever has no id goes by a hash of
-- the handle. An envelope is no gift.
CREATE OR REPLACE VIEW live_gifts
(
    room_id String,
    combo_id String,
    author_id String,
    user_id String,
    gift_id String,
    gift_name String,
    began_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC'),
    repeat_count UInt64,
    diamond_count UInt64,
    diamonds UInt64,
    value_usd Float64,
    events UInt64,
    has_ended UInt8
)
AS SELECT
    room_id,
    concat(user_id, ':', gift_id, ':', if(group_id = '', toString(toUnixTimestamp64Milli(began_at)), group_id)) AS combo_id,
    author_id,
    user_id,
    gift_id,
    gift_name,
    combo[1].1 AS began_at,
    combo[-1].1 AS ended_at,
    arrayMax(event -> event.3, combo) AS repeat_count,
    arrayMax(event -> event.5, combo) AS diamond_count,
    repeat_count * diamond_count AS diamonds,
    diamonds * 0.005 AS value_usd,
    length(combo) AS events,
    toUInt8(arrayMax(event -> event.4, combo)) AS has_ended
FROM
(
    SELECT
        room_id,
        if(log.user_id != '' OR log.unique_id = '', log.user_id, lower(hex(SHA256(log.unique_id)))) AS user_id,
        gift_id,
        group_id,
        max(log.author_id) AS author_id,
        max(log.gift_name) AS gift_name,
        -- When, which record, how many so far, whether that was the last, diamonds of one.
        arraySort(groupArray((observed_at, kafka_offset, ifNull(log.repeat_count, 1), ifNull(repeat_end, 0), ifNull(log.diamond_count, 0)))) AS told,
        arraySplit
        (
            (event, place) -> place > 1 AND group_id = '' AND
            (
                told[place - 1].4 = 1
                OR event.3 < told[place - 1].3
                OR dateDiff('millisecond', told[place - 1].1, event.1) > 60000
            ),
            told,
            arrayEnumerate(told)
        ) AS combos
    FROM (SELECT * FROM live_observations_log FINAL WHERE event = 'gift') AS log
    GROUP BY room_id, user_id, gift_id, group_id
)
ARRAY JOIN combos AS combo
