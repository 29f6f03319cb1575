-- Question: why is no post of the newest complete half hour shown as growing, or as losing momentum?
-- Grain:    one row: a sentence about the half hour that velocity_leaders and momentum_falling show.
WITH
    least(
        {time_to:DateTime64(3, 'UTC')},
        ifNull((SELECT newest_at FROM freshness WHERE dataset = 'velocity_30m'), {time_to:DateTime64(3, 'UTC')})
    ) - INTERVAL 30 MINUTE AS last_start,
    (SELECT reason FROM freshness WHERE dataset = 'post_observations') AS unobserved,
    concat('In the half hour up to ', formatDateTime(addMinutes(max(window_start), 30), '%d %b %H:%i', 'UTC'), ' UTC ') AS half_hour
SELECT
    maxOrNull(window_start) AS newest,
    countIf(window_start = last_window) AS posts_seen,
    countIf(window_start = last_window AND plays_per_minute > 0) AS posts_grown,
    length(arrayIntersect(
        groupArrayIf(aweme_id, window_start = last_window AND plays_per_minute > 0),
        groupArrayIf(aweme_id, window_start = last_window - INTERVAL 30 MINUTE)
    )) AS posts_compared,
    multiIf
    (
        newest IS NULL AND unobserved != '' AND {time_to:DateTime64(3, 'UTC')} > now64(3, 'UTC') - INTERVAL 5 MINUTE,
        concat(upper(substring(unobserved, 1, 1)), substring(unobserved, 2), '.'),
        newest IS NULL, 'No post was observed in the last 3 hours of the range, or not for a whole half hour.',
        posts_grown > 0, concat(
            half_hour, toString(posts_grown), if(posts_grown = 1, ' post', ' posts'), ' grew, and none',
            if(posts_compared = 0, ' was also observed in the half hour before, in this range.', ' slowed down.')
        ),
        concat(
            half_hour, toString(posts_seen), if(posts_seen = 1, ' post was', ' posts were'), ' observed, and none gained plays between',
            ' two observations: a post that is polled once in half an hour has no rate.'
        )
    ) AS reason
FROM
(
    SELECT aweme_id, window_start, plays_per_minute, max(window_start) OVER () AS last_window
    FROM velocity_30m_by_hour
    WHERE window_start >= greatest({time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')} - INTERVAL 3 HOUR)
        AND window_start <= last_start
        AND window_hour >= toUnixTimestamp({time_to:DateTime64(3, 'UTC')}) - 4 * 3600
        AND window_hour <= toUnixTimestamp({time_to:DateTime64(3, 'UTC')})
        AND ({creator:String} = '' OR author_id = {creator:String})
        AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
        AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
        AND ({tier:String} = '' OR aweme_id IN (
            SELECT aweme_id
            FROM trending_hourly
            WHERE window_start >= {time_to:DateTime64(3, 'UTC')} - INTERVAL 24 HOUR
                AND window_start < {time_to:DateTime64(3, 'UTC')}
                AND tier = {tier:String}
        ))
)
LIMIT 1
