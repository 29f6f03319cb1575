-- Question: how many followers did each creator gain from hour to hour?
-- Grain:    one row per creator and hour but the very first.
INSERT INTO follower_deltas_log (userid, t_prev, t_now, delta, prev_count, curr_count)
WITH dateDiff('day', {start:DateTime64(3, 'UTC')}, {day:DateTime64(3, 'UTC')}) AS day
SELECT
    userid,
    addMilliseconds(addHours({day:DateTime64(3, 'UTC')}, hour - 1), number % 3600000) AS t_prev,
    addHours(t_prev, 1) AS t_now,
    toInt64(curr_count) - toInt64(prev_count) AS delta,
    toUInt64(greatest(0, followers + per_hour * (hour - 1 + 24 * day))) AS prev_count,
    toUInt64(greatest(0, followers + per_hour * (hour + 24 * day))) AS curr_count
FROM bench_creators
ARRAY JOIN range(24) AS hour
WHERE hour + day > 0
