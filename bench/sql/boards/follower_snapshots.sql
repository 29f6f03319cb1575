-- Question: how many followers did each creator have?
-- Grain:    one row per creator and hour.
INSERT INTO follower_snapshots_log (userid, observed_at, follower_count)
WITH dateDiff('day', {start:DateTime64(3, 'UTC')}, {day:DateTime64(3, 'UTC')}) AS day
SELECT
    userid,
    addMilliseconds(addHours({day:DateTime64(3, 'UTC')}, hour), number % 3600000) AS observed_at,
    toUInt64(greatest(0, followers + per_hour * (hour + 24 * day))) AS follower_count
FROM bench_creators
ARRAY JOIN range(24) AS hour
