-- Question: on which posts is the mood worst, or turning?
-- Grain:    one row per post with at least 10 scored comments in the range, the worst mood first. turned is the mean of the later half of
--           the range less that of the earlier half; NULL with fewer than 5 scored comments in either. by_part are 24 equal parts of the
--           range, oldest first. Scored are comments with evidence (not 0): others are in no mean.
WITH
    ranked AS
    (
        SELECT
            video_id,
            sum(part_comments) AS comments,
            sum(part_compound) / 1e9 / nullIf(sum(part_scored), 0) AS mean_compound,
            sum(part_negative) / comments AS negative_share,
            sum(part_weighted) / 1e9 / nullIf(sum(part_reach), 0) AS reach_weighted_compound,
            sumIf(part_scored, part < 12) AS scored_earlier,
            sumIf(part_scored, part >= 12) AS scored_later,
            if(
                least(scored_earlier, scored_later) < 5,
                NULL,
                sumIf(part_compound, part >= 12) / 1e9 / scored_later - sumIf(part_compound, part < 12) / 1e9 / scored_earlier
            ) AS turned,
            groupArrayInsertAt(0, 24)(part_comments, part) AS by_part
        FROM
        (
            SELECT
                video_id,
                toUInt32(intDiv(
                    dateDiff('millisecond', {time_from:DateTime64(3, 'UTC')}, ingested_at) * 24,
                    dateDiff('millisecond', {time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')})
                )) AS part,
                count() AS part_comments,
                countIf(sentiment_compound != 0) AS part_scored,
                sum(toInt64(round(sentiment_compound * 1e9))) AS part_compound,
                countIf(sentiment_label = 'negative') AS part_negative,
                ifNull(sumIf(follower_count, sentiment_compound != 0), 0) AS part_reach,
                sum(toInt128(round(sentiment_compound * 1e9)) * ifNull(follower_count, 0)) AS part_weighted
            FROM comments_enriched
            WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
                AND ({post:String} = '' OR video_id = {post:String})
                AND ({creator:String} = '' OR video_id IN (SELECT aweme_id FROM posts WHERE author_id = {creator:String}))
                AND ({hashtag:String} = '' OR video_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
                AND ({region:String} = '' OR video_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
                AND ({tier:String} = '' OR video_id IN (
                    SELECT aweme_id
                    FROM trending_hourly
                    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
                        AND tier = {tier:String}
                ))
            GROUP BY video_id, part
        )
        GROUP BY video_id
        HAVING sum(part_scored) >= 10
        ORDER BY mean_compound, video_id
        LIMIT {limit:UInt32}
    ),
    described AS
    (
        SELECT aweme_id, title, author_id, ifNull(region, '') AS country
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    )
SELECT
    ranked.video_id AS video_id,
    described.title AS title,
    described.author_id AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    described.country AS country,
    ranked.comments AS comments,
    ranked.by_part AS by_part,
    ranked.mean_compound AS mean_compound,
    ranked.reach_weighted_compound AS reach_weighted_compound,
    ranked.turned AS turned,
    ranked.negative_share AS negative_share
FROM ranked
LEFT JOIN described ON ranked.video_id = described.aweme_id
LEFT JOIN creator_names AS named ON described.author_id = named.userid
ORDER BY mean_compound, video_id
LIMIT {limit:UInt32}
