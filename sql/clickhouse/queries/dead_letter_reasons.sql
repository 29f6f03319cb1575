-- Question: why are records quarantined, and where do those of the last day come from?
-- Grain:    one row per topic and reason code, the most frequent of the last day first. Milliseconds are Unix time.
SELECT
    topic,
    splitByString(': ', reason)[1] AS code,
    count() AS records,
    countIf(failed_at >= now64(3) - INTERVAL 1 DAY) AS of_last_day,
    arraySort(groupUniqArrayIf(partition, failed_at >= now64(3) - INTERVAL 1 DAY)) AS partitions,
    toUnixTimestamp64Milli(max(failed_at)) AS newest_ms,
    argMax(reason, (failed_at, offset)) AS example
FROM dead_letters
GROUP BY topic, code
ORDER BY of_last_day DESC, records DESC, topic, code
