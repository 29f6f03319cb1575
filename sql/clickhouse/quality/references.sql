-- Question: which rows have a value in a column that no row of another dataset has? NULL is no value.
-- Grain:    one row: checked and failing rows, and as example the key of one that fails, with the value.
WITH
    {column:Identifier} IS NOT NULL AND {column:Identifier} NOT IN
    (
        SELECT {target_column:Identifier}
        FROM {target:Identifier}
        WHERE {target_time:Identifier} >= {target_since:DateTime64(3, 'UTC')}
    ) AS bad
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    concat(arrayStringConcat(arrayDistinct([
        toString(anyIf({k1:Identifier}, bad)), toString(anyIf({k2:Identifier}, bad)), toString(anyIf({k3:Identifier}, bad))
    ]), ', '), ' with ', ifNull(toString(anyIf({column:Identifier}, bad)), 'NULL')) AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
