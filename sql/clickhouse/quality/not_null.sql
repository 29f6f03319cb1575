-- Question: which rows have no value in a column: NULL, or an empty text?
-- Grain:    one row. Like every test it gives checked and failing rows, and as example the key of one that fails.
WITH {column:Identifier} IS NULL OR toString({column:Identifier}) = '' AS bad
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    arrayStringConcat(arrayDistinct([
        toString(anyIf({k1:Identifier}, bad)), toString(anyIf({k2:Identifier}, bad)), toString(anyIf({k3:Identifier}, bad))
    ]), ', ') AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
