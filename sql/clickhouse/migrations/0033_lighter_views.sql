-- Views over landed observations say the same as before for less: they had taken four fifths of an insert's time. The tables merge rows of one
-- key, so that a view need not.

-- A maximum of (moment, text) compares values of any type, one by one; the maximum of a text within a moment, then the text of the newest
-- moment, are of one type each.
ALTER TABLE posts_newest_mv MODIFY QUERY
WITH
    argMax(at.title, moment) AS newest_title,
    arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(newest_title, '#[\\p{L}\\p{N}_]+'))) AS hashtags
SELECT
    aweme_id,
    (max(moment), argMax(at.author_id, moment)) AS author_id,
    (max(moment), newest_title, hashtags) AS title,
    (max(moment), argMax(at.region, moment)) AS region,
    (max(moment), argMax(at.duration, moment)) AS duration,
    (max(moment), argMax(at.create_time, moment)) AS create_time,
    min(moment) AS first_observed_at,
    max(moment) AS last_observed_at,
    max(at.play_count) AS play_count,
    max(at.digg_count) AS digg_count,
    max(at.comment_count) AS comment_count,
    max(at.share_count) AS share_count,
    max(at.download_count) AS download_count,
    max(at.collect_count) AS collect_count
FROM
(
    SELECT
        aweme_id,
        ingested_at AS moment,
        max(observed.author_id) AS author_id,
        max(observed.title) AS title,
        max(ifNull(observed.region, '')) AS region,
        max(observed.duration) AS duration,
        max(observed.create_time) AS create_time,
        max(observed.play_count) AS play_count,
        max(observed.digg_count) AS digg_count,
        max(observed.comment_count) AS comment_count,
        max(observed.share_count) AS share_count,
        max(observed.download_count) AS download_count,
        max(observed.collect_count) AS collect_count
    FROM post_observations_log AS observed
    GROUP BY aweme_id, moment
) AS at
GROUP BY aweme_id;

-- Titles repeat from one observation to the next: each is taken apart once per insert and hour.
ALTER TABLE hashtag_hourly_maxima_mv MODIFY QUERY
SELECT
    window_start,
    arrayJoin(arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(title, '#[\\p{L}\\p{N}_]+')))) AS hashtag,
    aweme_id,
    author_id,
    play_count,
    engagement_total
FROM
(
    SELECT
        toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start,
        aweme_id,
        title,
        max(observed.author_id) AS author_id,
        max(observed.play_count) AS play_count,
        max(observed.digg_count + observed.comment_count + observed.share_count) AS engagement_total
    FROM post_observations_log AS observed
    GROUP BY window_start, aweme_id, title
);

-- An observation belongs to six half hours: it is grouped once, by its five minutes, and then said for each of them.
ALTER TABLE velocity_30m_extremes_mv MODIFY QUERY
SELECT
    aweme_id,
    toDateTime64(five_minutes - arrayJoin([0, 300, 600, 900, 1200, 1500]), 3, 'UTC') AS window_start,
    author_id,
    least_play_count,
    greatest_play_count,
    least_engagement,
    greatest_engagement,
    late_moments
FROM
(
    SELECT
        aweme_id,
        toStartOfFiveMinutes(ingested_at) AS five_minutes,
        max(observed.author_id) AS author_id,
        min(observed.play_count) AS least_play_count,
        max(observed.play_count) AS greatest_play_count,
        min(observed.digg_count + observed.comment_count + observed.share_count) AS least_engagement,
        max(observed.digg_count + observed.comment_count + observed.share_count) AS greatest_engagement,
        arrayDistinct(groupArrayIf(ingested_at, observed.is_late = 1)) AS late_moments
    FROM post_observations_log AS observed
    GROUP BY aweme_id, five_minutes
);
