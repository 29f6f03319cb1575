-- Question: what does the beginning of a rejected payload look like?
-- Grain:    a scalar function of one row.
CREATE TEMPORARY FUNCTION first_bytes AS 'io.tokpulse.flink.functions.FirstBytes' LANGUAGE JAVA
