-- Question: at which snapshots would another rule have given an alert, or none, where the rule in force did otherwise?
-- Grain:    one row per snapshot, newest first, for the rules of one number of hours; see backtest_followers_totals.
SELECT
    if(rise > {new_limit:Int64}, 'gained', 'lost') AS change,
    userid,
    observed_at AS t_now,
    rise AS gained_followers,
    least_before AS from_count,
    follower_count AS curr_count
FROM
(
    SELECT
        userid,
        observed_at,
        follower_count,
        least_before,
        toInt64(follower_count) - toInt64(least_before) AS rise,
        {old_limits:Array(Int64)}[arrayLastIndex(begin -> begin <= toUnixTimestamp64Milli(observed_at), {begins_ms:Array(Int64)})] AS old_limit
    FROM
    (
        SELECT
            userid,
            observed_at,
            follower_count,
            -- 0 is no base of a large count.
            if(
                follower_count >= 1000,
                minIf(follower_count, follower_count > 0) OVER earlier,
                min(follower_count) OVER earlier
            ) AS least_before,
            countIf(follower_count > 0) OVER earlier + if(follower_count >= 1000, 0, countIf(follower_count = 0) OVER earlier) AS snapshots_before
        FROM follower_snapshots
        WHERE observed_at >= fromUnixTimestamp64Milli({from_ms:Int64} - {span_ms:Int64}, 'UTC')
            AND observed_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
            AND (userid, observed_at) NOT IN (SELECT userid, observed_at FROM follower_snapshots_away)
        WINDOW earlier AS (
            PARTITION BY userid
            ORDER BY toUnixTimestamp64Milli(observed_at)
            RANGE BETWEEN {span_ms:Int64} PRECEDING AND 1 PRECEDING
        )
    )
    WHERE snapshots_before > 0 AND observed_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
)
WHERE (rise > {new_limit:Int64}) != (rise > old_limit)
ORDER BY t_now DESC, userid
LIMIT {rows:UInt64}
