-- Question: are there more dead letters than may be?
-- Grain:    one row: dead letters since then, all of them as failing when they are too many, and as example what is most frequent.
SELECT
    count() AS checked,
    if(checked > {at_most:UInt64}, checked, 0) AS failing,
    concat('most often ', topKWeighted(1)(concat(topic, ': ', extract(reason, '^([a-z_]+)(?::|$)')), 1)[1]) AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
