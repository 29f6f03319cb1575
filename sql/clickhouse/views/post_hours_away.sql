-- Hours in which the play count of a post was away, so that later hours are not compared with them: record 19.
-- Most counters never fall by half: only the others are gone through, from the first count to the last. so_far is the base, when it was
-- there, whether something was between, and what is away.
CREATE OR REPLACE VIEW post_hours_away
(
    aweme_id String,
    window_start DateTime64(3, 'UTC')
)
AS SELECT
    aweme_id,
    fromUnixTimestamp64Milli(arrayJoin(arrayFold(
        (so_far, seen) -> if(
            so_far.2 < 1000 OR seen.2 >= so_far.2
                OR (seen.2 > 0 AND if(so_far.3, seen.1 - so_far.1 >= 86400000, seen.2 * 2 >= so_far.2)),
            (seen.1, seen.2, toUInt8(0), so_far.4),
            (so_far.1, so_far.2, toUInt8(1), arrayPushBack(so_far.4, seen.1))
        ),
        series,
        (series[1].1, series[1].2, toUInt8(0), []::Array(Int64))
    ).4), 'UTC') AS window_start
FROM
(
    SELECT aweme_id, arraySort(groupArray((at_ms, seen_count))) AS series
    FROM
    (
        SELECT
            aweme_id,
            toUnixTimestamp64Milli(window_start) AS at_ms,
            toInt64(play_count) AS seen_count,
            lagInFrame(seen_count) OVER (PARTITION BY aweme_id ORDER BY window_start ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM engagement_hourly
        WHERE is_final = 1
    )
    GROUP BY aweme_id
    HAVING max(before >= 1000 AND seen_count * 2 < before)
)
