-- Question: which momentum alerts would other thresholds have given over the stored observations?
-- Grain:    one row per tier of the other thresholds in which a stored observation gained at least least_rate plays per hour. lower_bounds
--           ascend from 0, one per tier. `changes` are the newest alerts that come or go.
-- Stored observations are taken by their time: one that came late counts as if it had not. Whoever lost more than half of their plays for
-- good is judged again when they are back at what they had.
WITH
    {lower_bounds:Array(UInt64)} AS lower_bounds,
    moving AS
    (
        SELECT aweme_id
        FROM post_observations
        WHERE ingested_at >= fromUnixTimestamp64Milli({from_ms:Int64} - 3600000 - {quiet_ms:Int64}, 'UTC')
            AND ingested_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
        GROUP BY aweme_id
        HAVING max(play_count) - min(play_count) >= {least_rate:Float64} / 2
    ),
    seen AS
    (
        SELECT
            aweme_id,
            author_id,
            toUnixTimestamp64Milli(ingested_at) AS at_ms,
            toInt64(play_count) AS plays,
            max(plays) OVER before AS most,
            max(plays = 0 AND abs(dateDiff('second', create_time, ingested_at)) < 3600) OVER before AS begun
        FROM post_observations
        WHERE ingested_at >= fromUnixTimestamp64Milli({from_ms:Int64} - 3600000 - {quiet_ms:Int64}, 'UTC')
            AND ingested_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
            AND aweme_id IN (SELECT aweme_id FROM moving)
        WINDOW before AS (PARTITION BY aweme_id ORDER BY toUnixTimestamp64Milli(ingested_at) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    compared AS
    (
        SELECT
            aweme_id,
            author_id,
            at_ms,
            plays,
            begun,
            count() OVER last_hour AS observations,
            -- A dip is no base.
            maxIf(at_ms, plays = most) OVER half_an_hour_ago AS base_ms,
            argMaxIf(plays, at_ms, plays = most) OVER half_an_hour_ago AS base_plays
        FROM seen
        WINDOW
            last_hour AS (PARTITION BY aweme_id ORDER BY at_ms RANGE BETWEEN 3600000 PRECEDING AND CURRENT ROW),
            half_an_hour_ago AS (PARTITION BY aweme_id ORDER BY at_ms RANGE BETWEEN 3600000 PRECEDING AND 1800000 PRECEDING)
    ),
    fast AS
    (
        SELECT
            aweme_id,
            author_id,
            at_ms,
            toFloat64(plays - base_plays) * 3600000 / (at_ms - base_ms) AS rate
        FROM compared
        WHERE base_ms > 0 AND rate >= {least_rate:Float64} AND observations >= {least_observations:UInt32}
            AND (base_plays > 0 OR plays < 1000 OR begun)
    ),
    tiered AS
    (
        SELECT
            fast.aweme_id AS aweme_id,
            fast.author_id AS author_id,
            fast.at_ms AS at_ms,
            fast.rate AS rate,
            known.followers AS followers
        FROM fast
        ASOF LEFT JOIN
        (
            SELECT userid, toUnixTimestamp64Milli(observed_at) + 300000 AS known_ms, toNullable(follower_count) AS followers
            FROM follower_snapshots
            WHERE userid IN (SELECT author_id FROM posts)
        ) AS known ON fast.author_id = known.userid AND fast.at_ms >= known.known_ms
    ),
    alerted AS
    (
        SELECT
            aweme_id,
            arraySort(groupArray((at_ms, author_id, rate, followers, rate >= if(
                followers IS NULL,
                {unknown_rate:Float64},
                {rates:Array(Float64)}[arrayLastIndex(bound -> bound <= assumeNotNull(followers), lower_bounds)]
            )))) AS series,
            -- One alert per quiet time.
            arrayFold(
                (so_far, one) -> if(
                    one.5 AND one.1 - so_far.1 >= {quiet_ms:Int64}, (one.1, arrayPushBack(so_far.2, one.1)), (so_far.1, so_far.2)
                ),
                series,
                (-{quiet_ms:Int64}, []::Array(Int64))
            ).2 AS times
        FROM tiered
        GROUP BY aweme_id
    ),
    both AS
    (
        SELECT aweme_id, one.1 AS at_ms, one.2 AS author_id, one.3 AS rate, one.4 AS followers, has(times, one.1) AS by_these, 0 AS as_stored
        FROM alerted
        ARRAY JOIN series AS one
        WHERE at_ms >= {from_ms:Int64}
        UNION ALL
        SELECT aweme_id, toUnixTimestamp64Milli(observed_at) AS at_ms, author_id, plays_per_hour AS rate, author_follower_count AS followers, 0 AS by_these, 1 AS as_stored
        FROM momentum_alerts
        WHERE observed_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND observed_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
    ),
    judged AS
    (
        SELECT
            aweme_id,
            at_ms,
            any(author_id) AS creator,
            any(rate) AS plays_per_hour,
            any(followers) AS author_followers,
            max(by_these) AS is_new,
            max(as_stored) AS is_stored,
            if(
                author_followers IS NULL,
                'unknown',
                {tiers:Array(String)}[arrayLastIndex(bound -> bound <= assumeNotNull(author_followers), lower_bounds)]
            ) AS new_tier
        FROM both
        GROUP BY aweme_id, at_ms
    )
SELECT
    new_tier AS tier,
    count() AS judged,
    countIf(is_stored = 1) AS alerts_stored,
    countIf(is_new = 1) AS alerts_new,
    countIf(is_new = 1 AND is_stored = 0) AS gained,
    countIf(is_stored = 1 AND is_new = 0) AS lost,
    arraySlice(
        arraySort(one -> (-one.1, one.2), groupArrayIf((at_ms, aweme_id, creator, plays_per_hour, author_followers, is_new), is_new != is_stored)),
        1,
        {rows:UInt64}
    ) AS changes
FROM judged
GROUP BY tier
ORDER BY tier
