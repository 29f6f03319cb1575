-- Question: which creators gained followers faster than a rule of the thresholds allows?
-- Grain:    one row per creator and rule, the greatest rise first. A rise is from the least count within the rule's hours to a later count,
--           both in the range, and neither taken while the counter was away; the rules are those in force at the end of the range.
WITH
    rules AS
    (
        SELECT JSONExtractInt(rule, 'gained') AS allowed, JSONExtractInt(rule, 'within_hours') AS hours
        FROM
        (
            SELECT argMax(content, sequence) AS newest
            FROM threshold_versions
            WHERE effective_from < {time_to:DateTime64(3, 'UTC')}
        )
        ARRAY JOIN JSONExtractArrayRaw(newest, 'followers', 'gains') AS rule
    ),
    -- Few creators can have risen that far: only theirs are looked at closely.
    risers AS
    (
        SELECT
            userid,
            arraySort(
                delta -> delta.3,
                groupArray((toUnixTimestamp64Milli(t_prev), prev_count, toUnixTimestamp64Milli(t_now), curr_count))
            ) AS deltas,
            max(curr_count) AS greatest_count
        FROM follower_deltas
        WHERE t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR follower_deltas.userid = {creator:String})
        GROUP BY userid
        HAVING toInt64(max(curr_count)) - toInt64(min(prev_count)) > (SELECT min(allowed) FROM rules)
    ),
    -- Where the count was away it is compared with nothing: as in the view follower_snapshots_away.
    followed AS
    (
        SELECT
            userid,
            deltas,
            greatest_count,
            arrayPushFront(arrayMap(delta -> (delta.3, toInt64(delta.4)), deltas), (deltas[1].1, toInt64(deltas[1].2))) AS series,
            arrayFold(
                (so_far, seen) -> if(
                    seen.2 >= so_far.2 OR seen.1 - so_far.1 >= 86400000
                        OR (so_far.3 = 0 AND (so_far.2 < 1000 OR seen.2 * 2 >= so_far.2)),
                    (seen.1, seen.2, toUInt8(0), so_far.4),
                    (so_far.1, so_far.2, toUInt8(1), arrayPushBack(so_far.4, seen.1))
                ),
                series,
                (series[1].1, series[1].2, toUInt8(0), []::Array(Int64))
            ).4 AS away
        FROM risers
    ),
    -- Time is cut into pieces as long as the rule's hours, so that the hours before a count are the end of one piece and the beginning of
    -- the next: two running minima, not a comparison of each count with all before it. A count is looked up as of its time (kind 0, before
    -- an earlier count of the same moment, kind 1) and as of the rule's hours before (kind 2, after it).
    marks AS
    (
        SELECT
            userid,
            allowed,
            hours,
            delta.3 AS risen_at_ms,
            delta.4 AS followers,
            mark.1 AS kind,
            mark.2 AS at_ms,
            has(away, risen_at_ms) AS is_away,
            intDiv(at_ms, hours * 3600000) AS piece,
            if(
                kind = 1 AND at_ms >= toUnixTimestamp64Milli({time_from:DateTime64(3, 'UTC')})
                    AND NOT has(away, at_ms) AND NOT (delta.2 = 0 AND greatest_count >= 1000),
                delta.2,
                NULL
            ) AS earlier_count
        FROM followed
        CROSS JOIN rules
        ARRAY JOIN deltas AS delta
        ARRAY JOIN [(0, delta.3), (1, delta.1), (2, delta.3 - hours * 3600000)] AS mark
    ),
    looked_up AS
    (
        SELECT
            userid,
            allowed,
            hours,
            risen_at_ms,
            followers,
            kind,
            is_away,
            min(earlier_count) OVER (PARTITION BY userid, hours, piece ORDER BY at_ms, kind) AS least_until,
            min(earlier_count) OVER (PARTITION BY userid, hours, piece ORDER BY at_ms DESC, kind) AS least_since
        FROM marks
    ),
    rises AS
    (
        SELECT
            userid,
            allowed,
            hours,
            fromUnixTimestamp64Milli(risen_at_ms, 'UTC') AS risen_at,
            any(followers) AS count_then,
            toInt64(count_then) - toInt64(min(if(kind = 0, least_until, least_since))) AS rise
        FROM looked_up
        WHERE kind != 1 AND is_away = 0
        GROUP BY userid, allowed, hours, risen_at_ms
    )
SELECT
    userid,
    max(assumeNotNull(rise)) AS greatest_rise,
    any(allowed) AS rule_gained,
    hours AS rule_hours,
    min(risen_at) AS first_alert,
    argMax(risen_at, rise) AS peak_at,
    argMax(count_then, risen_at) AS follower_count
FROM rises
WHERE rise > allowed
GROUP BY userid, hours
ORDER BY greatest_rise DESC, userid, rule_hours
LIMIT {limit:UInt32}
