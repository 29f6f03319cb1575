-- Snapshots in which the follower count was away, so that no gain is counted from them or at them: record 19.
-- Most counters never fall by half: only the others are gone through, from the first count to the last. so_far is the base, when it was
-- there, whether something was between, and what is away.
CREATE OR REPLACE VIEW follower_snapshots_away
(
    userid String,
    observed_at DateTime64(3, 'UTC')
)
AS SELECT
    userid,
    fromUnixTimestamp64Milli(arrayJoin(arrayFold(
        (so_far, seen) -> if(
            so_far.2 < 1000 OR seen.2 >= so_far.2
                OR (seen.2 > 0 AND if(so_far.3, seen.1 - so_far.1 >= 86400000, seen.2 * 2 >= so_far.2)),
            (seen.1, seen.2, toUInt8(0), so_far.4),
            (so_far.1, so_far.2, toUInt8(1), arrayPushBack(so_far.4, seen.1))
        ),
        series,
        (series[1].1, series[1].2, toUInt8(0), []::Array(Int64))
    ).4), 'UTC') AS observed_at
FROM
(
    SELECT userid, arraySort(groupArray((at_ms, seen_count))) AS series
    FROM
    (
        SELECT
            userid,
            toUnixTimestamp64Milli(observed_at) AS at_ms,
            toInt64(follower_count) AS seen_count,
            lagInFrame(seen_count) OVER (PARTITION BY userid ORDER BY observed_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM follower_snapshots
    )
    GROUP BY userid
    HAVING max(before >= 1000 AND seen_count * 2 < before)
)
