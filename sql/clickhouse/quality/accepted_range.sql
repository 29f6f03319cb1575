-- Question: which rows have a value outside least..greatest in a column? NULL is no value.
-- Grain:    one row: checked and failing rows, and as example the key of one that fails.
WITH ifNull({column:Identifier} < {least:Float64} OR {column:Identifier} > {greatest:Float64}, 0) AS bad
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    arrayStringConcat(arrayDistinct([
        toString(anyIf({k1:Identifier}, bad)), toString(anyIf({k2:Identifier}, bad)), toString(anyIf({k3:Identifier}, bad))
    ]), ', ') AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
