-- Question: how many observations does a bucket of the ledger have?
-- Grain:    a process table function by bucket: cumulative sums, a row each time the watermark has moved.
-- Why ours: a GROUP BY without a window says two rows for each that it reads, one with a window refuses late ones.
CREATE TEMPORARY FUNCTION tally AS 'io.tokpulse.flink.functions.Tally' LANGUAGE JAVA
