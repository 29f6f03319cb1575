-- Question: how many follower alerts would another rule have given over the stored snapshots?
-- Grain:    one row, for the rules of one number of hours, span_ms. Period i begins at begins_ms[i] with the limit old_limits[i]. A limit
--           is the gain that an alert exceeds, the largest Int64 where there is no rule.
SELECT
    count() AS judged,
    countIf(rise > old_limit) AS alerts_stored,
    countIf(rise > {new_limit:Int64}) AS alerts_new,
    countIf(rise > {new_limit:Int64} AND rise <= old_limit) AS gained,
    countIf(rise > old_limit AND rise <= {new_limit:Int64}) AS lost
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
