-- Mood of the comments of each post by the hour. A comment counts once, in the hour of its newest observation; late ones and those
-- that were observed again change the answer of the next SELECT. `reach_weighted_compound` weighs each comment by its writer's
-- followers; writers without a snapshot have no weight, and it is NULL where nobody has one. Scores are added up in billionths, as
-- whole numbers: a sum of floats would depend on the order in which parts are read. A score of 0 says that the model found nothing to go
-- by: such comments count, but not in a mean, which is NULL where there are no others.
CREATE OR REPLACE VIEW comment_sentiment_hourly
(
    video_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    comments UInt64,
    mean_compound Nullable(Float64),
    positive UInt64,
    neutral UInt64,
    negative UInt64,
    reach UInt64,
    reach_weighted_compound Nullable(Float64),
    no_evidence UInt64
)
AS SELECT
    video_id,
    toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start,
    addHours(window_start, 1) AS window_end,
    count() AS comments,
    sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(comments - no_evidence, 0) AS mean_compound,
    countIf(sentiment_label = 'positive') AS positive,
    countIf(sentiment_label = 'neutral') AS neutral,
    countIf(sentiment_label = 'negative') AS negative,
    ifNull(sum(follower_count), 0) AS reach,
    sum(toInt128(round(sentiment_compound * 1e9)) * ifNull(follower_count, 0)) / 1e9
        / nullIf(sumIf(follower_count, sentiment_compound != 0), 0) AS reach_weighted_compound,
    countIf(sentiment_compound = 0) AS no_evidence
FROM comments_enriched
GROUP BY video_id, window_start
