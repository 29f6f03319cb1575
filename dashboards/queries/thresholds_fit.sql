-- Question: how well do the thresholds fit: how many posts of each tier do they let through, and how far are the others below?
-- Grain:    one row per tier and version of the thresholds that judged hours of the range. Rates in plays per hour.
SELECT
    tier,
    threshold_version,
    min(window_start) AS first_hour,
    max(window_end) AS last_hour,
    any(threshold) AS bound,
    count() AS judged_hours,
    countIf(is_trending = 1) AS trending_hours,
    trending_hours / judged_hours AS trending_share,
    quantileExact(0.5)(delta_plays_per_hour) AS median_rate,
    quantileExact(0.99)(delta_plays_per_hour) AS p99_rate
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
    AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
    AND ({tier:String} = '' OR trending_hourly.tier = {tier:String})
GROUP BY tier, threshold_version
ORDER BY threshold_version DESC, bound, tier
LIMIT 100
