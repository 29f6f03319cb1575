-- Question: how many rows are there beyond one for each key? A key of fewer columns repeats its last one.
-- Grain:    one row: checked and failing rows. Keys are compared by their hash, which needs 8 bytes for each and no text.
SELECT
    count() AS checked,
    count() - uniqExact(cityHash64({k1:Identifier}, {k2:Identifier}, {k3:Identifier}, {k4:Identifier})) AS failing
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
