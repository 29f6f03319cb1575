-- Question: which hashtags are rising, and which fall?
-- Grain:    one row per hashtag in the titles of posts that were judged in the range: those that rise first, the greatest difference in
--           plays first, then the others, the greatest fall first. It compares the gain of the later half of the closed hours of the
--           range with that of the earlier half, of as many hours; rise is NULL where that was under 1,000 plays, gained_earlier where
--           there is nothing to compare: fewer than two closed hours, or nothing that grew out of nothing. An hour closes two minutes
--           after its end. gains are 24 equal parts of the range, oldest first. A post counts for each of its hashtags.
WITH
    toStartOfHour({time_from:DateTime64(3, 'UTC')} + INTERVAL 3599999 MILLISECOND) AS first_hour,
    least(
        toStartOfHour({time_to:DateTime64(3, 'UTC')} + INTERVAL 3599999 MILLISECOND),
        toStartOfHour(now64(3, 'UTC') - INTERVAL 2 MINUTE)
    ) AS closed_to,
    greatest(0, intDiv(dateDiff('hour', first_hour, closed_to), 2)) AS half,
    closed_to - toIntervalHour(half) AS middle,
    middle - toIntervalHour(half) AS beginning,
    by_part AS
    (
        SELECT
            aweme_id,
            toUInt32(intDiv(
                dateDiff('millisecond', {time_from:DateTime64(3, 'UTC')}, window_start) * 24,
                dateDiff('millisecond', {time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')})
            )) AS part,
            any(author_id) AS creator,
            sum(delta_plays) AS gained,
            sumIf(delta_plays, window_start >= middle AND window_start < closed_to) AS later,
            sumIf(delta_plays, window_start >= beginning AND window_start < middle) AS earlier,
            max(is_trending) AS trends
        FROM trending_hourly
        -- Not while a counter was away.
        WHERE is_away = 0
          AND window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
            AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
            AND ({tier:String} = '' OR tier = {tier:String})
        GROUP BY aweme_id, part
    ),
    grown AS
    (
        SELECT
            aweme_id,
            any(creator) AS author,
            max(trends) AS trended,
            sum(later) AS gained_in_later_half,
            sum(earlier) AS gained_in_earlier_half,
            groupArrayInsertAt(0, 24)(gained, part) AS gains_by_part
        FROM by_part
        GROUP BY aweme_id
    ),
    tagged AS
    (
        SELECT aweme_id, tag
        FROM posts
        ARRAY JOIN hashtags AS tag
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
            AND ({hashtag:String} = '' OR tag = {hashtag:String})
    )
SELECT
    tag AS hashtag,
    sumForEach(gains_by_part) AS gains,
    arraySum(gains) AS plays_gained,
    sum(gained_in_later_half) AS gained_later,
    if(half = 0 OR (sum(gained_in_earlier_half) = 0 AND gained_later <= 0), NULL, sum(gained_in_earlier_half)) AS gained_earlier,
    if(gained_earlier < 1000, NULL, gained_later / gained_earlier - 1) AS rise,
    if(half = 0, NULL, gained_later > ifNull(gained_earlier, 0)) AS is_rising,
    multiIf(half = 0, 'unknown', is_rising, 'rising', 'falling') AS direction,
    count() AS posts_used,
    countIf(trended = 1) AS trending_posts,
    uniqExact(author) AS creators
FROM grown
INNER JOIN tagged ON grown.aweme_id = tagged.aweme_id
GROUP BY tag
ORDER BY is_rising DESC, abs(gained_later - ifNull(gained_earlier, 0)) DESC, plays_gained DESC, hashtag
LIMIT {limit:UInt32}
