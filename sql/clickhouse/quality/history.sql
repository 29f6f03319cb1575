-- Question: where do the versions of a thing overlap, leave a gap, end before they begin, or not say which one is current?
-- Grain:    one row: checked and failing versions, those that were in force since then, and as example one that fails.
WITH
    following IS NULL AND (until IS NOT NULL OR current = 0) OR following IS NOT NULL AND (ifNull(until != following, 1) OR current = 1)
        OR ifNull(until <= since_when, 0) AS bad
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    concat(anyIf(thing, bad), ' from ', toString(anyIf(since_when, bad)), ' until ', ifNull(toString(anyIf(until, bad)), 'now'),
        ', followed by ', ifNull(toString(anyIf(following, bad)), 'none')) AS example
FROM
(
    SELECT
        {of:Identifier} AS thing,
        valid_from AS since_when,
        valid_to AS until,
        is_current AS current,
        leadInFrame(toNullable(valid_from)) OVER
            (PARTITION BY {of:Identifier} ORDER BY valid_from ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS following
    FROM {dataset:Identifier}
    WHERE ifNull(valid_to >= {since:DateTime64(3, 'UTC')}, 1)
)
