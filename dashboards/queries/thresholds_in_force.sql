-- Question: which versions of the thresholds were in force in the range?
-- Grain:    one row per version, newest first. Those that were replaced before they took effect are left out.
SELECT version, effective_from, replaced_from, published_at, author, comment
FROM
(
    SELECT
        version,
        sequence,
        effective_from,
        min(toNullable(effective_from)) OVER later AS replaced_from,
        published_at,
        author,
        comment
    FROM threshold_versions
    WINDOW later AS (ORDER BY sequence ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
)
WHERE effective_from < {time_to:DateTime64(3, 'UTC')}
    AND (replaced_from IS NULL OR (replaced_from > effective_from AND replaced_from > {time_from:DateTime64(3, 'UTC')}))
ORDER BY sequence DESC
LIMIT {limit:UInt32}
