-- Question: how fresh is each dataset?
-- Grain:    one row per dataset, the worst first. It is of now, whatever the range; of a range that ended more than 5 minutes ago nothing
--           ages.
WITH {time_to:DateTime64(3, 'UTC')} < now64(3, 'UTC') - INTERVAL 5 MINUTE AS is_past
SELECT
    freshness.dataset AS dataset,
    freshness.newest_at AS newest_at,
    if(is_past, NULL, freshness.age_s) AS age_s,
    if(is_past, 'past range', freshness.state) AS state,
    if(is_past, '', freshness.reason) AS reason
FROM freshness
WHERE {time_from:DateTime64(3, 'UTC')} < {time_to:DateTime64(3, 'UTC')}
ORDER BY indexOf(['stale', 'late', 'none', 'good'], freshness.state), freshness.age_s DESC, dataset
LIMIT 20
