-- Question: which snapshots of commenters came late?
-- Grain:    one row for one comment in two hundred.
INSERT INTO comments_late_snapshots_log (userid, observed_at, follower_count)
SELECT
    toString(6700000000000000000 + cityHash64(number * 200) % 500000) AS userid,
    addMilliseconds({start:DateTime64(3, 'UTC')}, intDiv(number * 200 * 1000 * ({days:UInt32} * 86400), {comments:UInt32})) AS observed_at,
    cityHash64(number, 'late') % 10000 AS follower_count
FROM numbers(intDiv({comments:UInt32}, 200))
