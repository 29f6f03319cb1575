-- Question: which gifts were worth most?
-- Grain:    one row per combo whose last event is in the range, the greatest value first.
SELECT
    live_gifts.ended_at AS given_at,
    live_gifts.gift_name AS gift,
    live_gifts.repeat_count AS gifts,
    live_gifts.diamonds AS diamonds,
    live_gifts.value_usd AS value_usd,
    live_gifts.user_id AS gifter,
    live_gifts.author_id AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    live_gifts.room_id AS room_id
FROM live_gifts
LEFT JOIN creator_names AS named ON live_gifts.author_id = named.userid
WHERE live_gifts.ended_at >= {time_from:DateTime64(3, 'UTC')} AND live_gifts.ended_at < {time_to:DateTime64(3, 'UTC')}
    AND ({creator:String} = '' OR live_gifts.author_id = {creator:String})
ORDER BY diamonds DESC, given_at, room_id, live_gifts.combo_id
LIMIT {limit:UInt32}
