-- Question: which keys does a dataset hold of a time?
-- Grain:    one row per row of the dataset.
SELECT {key:Identifier} AS key, toUnixTimestamp64Milli({time:Identifier}) AS at_ms
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')} AND {time:Identifier} < {until:DateTime64(3, 'UTC')}
