-- Question: which records of which topics are quarantined, and where is the newest?
-- Grain:    one row per topic and reason code, most records first.
SELECT
    topic,
    splitByString(': ', reason)[1] AS code,
    count() AS records,
    min(failed_at) AS first_failed,
    max(failed_at) AS last_failed,
    argMax(concat('partition ', toString(partition), ' offset ', toString(offset)), (failed_at, partition, offset)) AS newest
FROM dead_letters
WHERE failed_at >= {time_from:DateTime64(3, 'UTC')} AND failed_at < {time_to:DateTime64(3, 'UTC')}
GROUP BY topic, code
ORDER BY records DESC, topic, code
LIMIT {limit:UInt32}
