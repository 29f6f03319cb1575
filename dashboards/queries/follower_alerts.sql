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
    -- Few creators can have risen that far: only theirs are looked at closely. first is a count without a row of its own.
    risers AS
    (
        SELECT
            userid,
            groupArray((toUnixTimestamp64Milli(t_now), curr_count, is_away)) AS later,
            argMin((toUnixTimestamp64Milli(t_prev), prev_count), t_now) AS first,
            arrayPushFront(later, (first.1, first.2, toUInt8(0))) AS series
        FROM follower_deltas
        WHERE t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR follower_deltas.userid = {creator:String})
        GROUP BY userid
        HAVING toInt64(max(curr_count)) - toInt64(min(prev_count)) > (SELECT min(allowed) FROM rules)
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
            seen.1 AS risen_at_ms,
            seen.2 AS followers,
            seen.3 AS is_away,
            mark.1 AS kind,
            mark.2 AS at_ms,
            intDiv(at_ms, hours * 3600000) AS piece,
            if(kind = 1 AND is_away = 0 AND at_ms >= toUnixTimestamp64Milli({time_from:DateTime64(3, 'UTC')}), followers, NULL) AS earlier,
            nullIf(earlier, 0) AS earlier_above_0
        FROM risers
        CROSS JOIN rules
        ARRAY JOIN series AS seen
        ARRAY JOIN [(0, seen.1), (1, seen.1), (2, seen.1 - hours * 3600000)] AS mark
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
            -- 0 is no base of a large count.
            if(followers >= 1000, min(earlier_above_0) OVER piece_until, min(earlier) OVER piece_until) AS least_until,
            if(followers >= 1000, min(earlier_above_0) OVER piece_since, min(earlier) OVER piece_since) AS least_since
        FROM marks
        WINDOW
            piece_until AS (PARTITION BY userid, hours, piece ORDER BY at_ms, kind),
            piece_since AS (PARTITION BY userid, hours, piece ORDER BY at_ms DESC, kind)
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
    ),
    alerted AS
    (
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
    )
SELECT
    alerted.userid AS userid,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    alerted.greatest_rise AS greatest_rise,
    alerted.rule_gained AS rule_gained,
    alerted.rule_hours AS rule_hours,
    alerted.first_alert AS first_alert,
    alerted.peak_at AS peak_at,
    alerted.follower_count AS follower_count
FROM alerted
LEFT JOIN creator_names AS named ON alerted.userid = named.userid
ORDER BY greatest_rise DESC, userid, rule_hours
LIMIT {limit:UInt32}
