-- Question: of which runs that wrote since then came too many records late, or any beyond the late bound?
-- Grain:    one row: runs and topics, those with too many (failing), those with many (warning), and as example the one with most.
WITH
    (late + beyond_bound) / read AS late_share,
    beyond_bound > 0 OR late_share > {at_most:Float64} AS bad,
    NOT bad AND late_share > {few:Float64} AS many,
    concat(run_id, ' of ', topic, ': ', toString(read), ' read, ', toString(late), ' late, ', toString(beyond_bound),
        ' beyond the late bound') AS shown
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    countIf(many) AS warning,
    argMaxIf(shown, (bad, late_share), bad OR many) AS example
FROM {dataset:Identifier}
-- What a run has read is known once an hour has closed.
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')} AND read > 0
