-- Question: where did a counter fall from one row of a thing to its next by more than a share of it?
-- Grain:    one row: checked and failing rows, and as example one that fails.
WITH value < toFloat64(earlier) * (1 - {tolerance:Float64}) AS bad
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    concat(anyIf(thing, bad), ' at ', toString(anyIf(at, bad)), ' from ', toString(anyIf(earlier, bad)), ' to ', toString(anyIf(value, bad)))
        AS example
FROM
(
    SELECT
        {of:Identifier} AS thing,
        {time:Identifier} AS at,
        {column:Identifier} AS value,
        lagInFrame({column:Identifier}) OVER
            (PARTITION BY {of:Identifier} ORDER BY {time:Identifier} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS earlier
    FROM {dataset:Identifier}
    WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
)
