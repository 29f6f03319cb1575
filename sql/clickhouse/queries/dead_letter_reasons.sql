-- Question: why are records quarantined?
-- Grain:    one row per topic and reason code, the most frequent first.
SELECT topic, splitByString(': ', reason)[1] AS code, count() AS records, any(reason) AS example
FROM dead_letters
GROUP BY topic, code
ORDER BY records DESC, topic, code
