-- Question: which creators gain or lose followers fastest?
-- Grain:    one row per creator of a post that was observed in the range (who only comments is none) with two
--           snapshots, the later one in the range; the greatest gain first. growth_rate is NULL below 100 followers before. gains are
--           those of 24 equal parts of the range, oldest first.
WITH
    moved AS
    (
        SELECT
            userid,
            argMax(last_count, part) AS follower_count,
            sum(part_gain) AS gained,
            argMin(first_count, part) AS followers_before,
            if(followers_before < 100, NULL, gained / followers_before) AS growth_rate,
            max(part_step) AS greatest_step,
            groupArrayInsertAt(0, 24)(part_gain, part) AS gains
        FROM
        (
            SELECT
                userid,
                toUInt32(intDiv(
                    dateDiff('millisecond', {time_from:DateTime64(3, 'UTC')}, t_now) * 24,
                    dateDiff('millisecond', {time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')})
                )) AS part,
                sum(delta) AS part_gain,
                max(delta) AS part_step,
                argMax(curr_count, t_now) AS last_count,
                argMin(prev_count, t_now) AS first_count
            FROM follower_deltas
            -- 0 is no count.
            WHERE curr_count > 0
              AND t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')}
              AND userid IN (
                  SELECT author_id
                  FROM posts
                  WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
              )
              AND ({creator:String} = '' OR userid = {creator:String})
            GROUP BY userid, part
        )
        GROUP BY userid
        ORDER BY gained DESC, userid
        LIMIT {limit:UInt32}
    )
SELECT
    moved.userid AS userid,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    moved.follower_count AS follower_count,
    moved.gained AS gained,
    moved.growth_rate AS growth_rate,
    moved.followers_before AS followers_before,
    moved.greatest_step AS greatest_step,
    moved.gains AS gains
FROM moved
LEFT JOIN creator_names AS named ON moved.userid = named.userid
ORDER BY gained DESC, userid
LIMIT {limit:UInt32}
