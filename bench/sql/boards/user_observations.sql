-- Question: what did job landing keep of the creators?
-- Grain:    one row per creator and hour.
INSERT INTO user_observations_log (userid, unique_id, nickname, sec_uid, is_verified, is_private, region, follower_count, following_count,
    heart_count, video_count, digg_count, observed_at)
WITH dateDiff('day', {start:DateTime64(3, 'UTC')}, {day:DateTime64(3, 'UTC')}) AS day
SELECT
    userid,
    concat('creator.', toString(number)) AS unique_id,
    concat('Creator ', toString(number)) AS nickname,
    concat('MS4wLjAB', toString(number)) AS sec_uid,
    followers > 1000000 AS is_verified,
    0 AS is_private,
    'DE' AS region,
    toUInt64(greatest(0, followers + per_hour * (hour + 24 * day))) AS follower_count,
    number % 900 AS following_count,
    follower_count * 20 AS heart_count,
    10 + intDiv(day, 2) AS video_count,
    number % 5000 AS digg_count,
    addMilliseconds(addHours({day:DateTime64(3, 'UTC')}, hour), number % 3600000) AS observed_at
FROM bench_creators
ARRAY JOIN range(24) AS hour
