-- Question: in what mood are the comments on a creator's posts?
-- Grain:    one row per bucket of at least an hour, oldest first, by when they were written; on posts that were observed in the range. A
--           score of 0 says that there was no evidence: it is not in the mean.
SELECT
    toDateTime64(toStartOfInterval(create_time, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    countIf(sentiment_label = 'positive') AS positive,
    countIf(sentiment_label = 'neutral') AS neutral,
    countIf(sentiment_label = 'negative') AS negative,
    sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(countIf(sentiment_compound != 0), 0) AS mean_compound
FROM comments_enriched AS said
INNER JOIN
(
    SELECT DISTINCT aweme_id
    FROM engagement_hourly
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
        AND author_id = {creator:String}
        AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
) AS own ON said.video_id = own.aweme_id
WHERE create_time >= {time_from:DateTime64(3, 'UTC')} AND create_time < {time_to:DateTime64(3, 'UTC')}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
