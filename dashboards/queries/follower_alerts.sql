-- Question: which creators gained followers faster than a rule of the thresholds allows?
-- Grain:    one row per creator and rule, the greatest rise first. A rise is from the least count within the rule's hours to a later count,
--           both in the range; the rules are those in force at the end of the range.
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
    -- Few creators can have risen that far: only theirs are compared pair by pair.
    risers AS
    (
        SELECT userid, arraySort(groupArray((t_now, curr_count))) AS after, arraySort(groupArray((t_prev, prev_count))) AS before
        FROM follower_deltas
        WHERE t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR follower_deltas.userid = {creator:String})
        GROUP BY userid
        HAVING toInt64(max(curr_count)) - toInt64(min(prev_count)) > (SELECT min(allowed) FROM rules)
    ),
    -- Each later count with the earlier ones that lie within the rule's hours.
    pairs AS
    (
        SELECT
            userid,
            allowed,
            hours,
            now.1 AS risen_at,
            now.2 AS followers,
            arrayFilter(
                earlier -> earlier.1 >= {time_from:DateTime64(3, 'UTC')} AND earlier.1 < now.1
                    AND dateDiff('millisecond', earlier.1, now.1) <= hours * 3600000,
                before
            ) AS earlier_counts,
            toInt64(followers) - toInt64(arrayMin(earlier -> earlier.2, earlier_counts)) AS rise
        FROM risers
        CROSS JOIN rules
        ARRAY JOIN after AS now
        WHERE notEmpty(earlier_counts)
    )
SELECT
    userid,
    max(rise) AS greatest_rise,
    any(allowed) AS rule_gained,
    hours AS rule_hours,
    min(risen_at) AS first_alert,
    argMax(risen_at, rise) AS peak_at,
    argMax(followers, risen_at) AS follower_count
FROM pairs
WHERE rise > allowed
GROUP BY userid, hours
ORDER BY greatest_rise DESC, userid, rule_hours
LIMIT {limit:UInt32}
