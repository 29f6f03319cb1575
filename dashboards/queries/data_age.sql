-- Question: how old are the figures: when was a post last observed, and up to which hour are posts judged?
-- Grain:    one row. The age is that of what is behind: of observations, or of the newest judged hour where observations come and hours
--           are not judged: those that are stale hide behind nothing that is only late. Closed hours stand for either where there is
--           none. NULL for a range that ended more than 5 minutes ago: it does not age.
WITH
    {time_to:DateTime64(3, 'UTC')} < now64(3, 'UTC') - INTERVAL 5 MINUTE AS is_past,
    -- (newest_at, age_s, state, reason)
    if(posts.3 = 'none' AND hours.3 != 'none', hours, posts) AS observed,
    if(verdicts.3 = 'none', hours, verdicts) AS judged,
    (observed.3 = 'good' AND judged.3 IN ('late', 'stale')) OR (observed.3 = 'late' AND judged.3 = 'stale') AS is_unjudged
SELECT
    if(is_past, NULL, if(is_unjudged, judged.2, observed.2)) AS age_s,
    multiIf(is_past, 'past range', is_unjudged, judged.3, observed.3) AS state,
    multiIf
    (
        is_past, concat('up to ', formatDateTime({time_to:DateTime64(3, 'UTC')}, '%d %b %H:%i', 'UTC'), ' UTC'),
        is_unjudged, concat(judged.4, if(observed.3 = 'good', ', though posts are observed', ', though posts were observed after that')),
        state != 'good', observed.4,
        verdicts.3 = 'none', 'no hour is judged yet',
        concat('judged until ', formatDateTime(assumeNotNull(verdicts.1), '%d %b %H:%i', 'UTC'), ' UTC')
    ) AS reason
FROM
(
    SELECT
        anyIf((newest_at, age_s, state, reason), dataset = 'post_observations') AS posts,
        anyIf((newest_at, age_s, state, reason), dataset = 'engagement_hourly') AS hours,
        anyIf((newest_at, age_s, state, reason), dataset = 'trending_hourly') AS verdicts
    FROM freshness
)
WHERE {time_from:DateTime64(3, 'UTC')} < {time_to:DateTime64(3, 'UTC')}
LIMIT 1
