-- Question: have enough rows a fresh snapshot of whose they are?
-- Grain:    one row: checked rows, those without one where they are too many (failing), and as example how many of which kind.
WITH
    {column:Identifier} AS snapshot,
    countIf(snapshot != 'fresh') AS others
SELECT
    count() AS checked,
    if(others > checked * (1 - {at_least:Float64}), others, 0) AS failing,
    concat(toString(countIf(snapshot = 'missing')), ' missing, ', toString(countIf(snapshot = 'stale')), ' stale') AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
