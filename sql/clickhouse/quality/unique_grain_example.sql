-- Question: which key has the most rows?
-- Grain:    one row. It costs more than unique_grain, and is asked only when that one has failed.
SELECT
    concat(arrayStringConcat(arrayDistinct([
        toString({k1:Identifier}), toString({k2:Identifier}), toString({k3:Identifier}), toString({k4:Identifier})
    ]), ', '), ' is there ', toString(count()), ' times') AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
GROUP BY {k1:Identifier}, {k2:Identifier}, {k3:Identifier}, {k4:Identifier}
ORDER BY count() DESC, example
LIMIT 1
