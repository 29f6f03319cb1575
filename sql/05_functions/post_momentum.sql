-- Question: which observations show a post that gains plays so fast that it may alert before its hour is over?
-- Grain:    a process table function of observations by post: a row per such observation, when it is read.
-- Why ours: OVER waits for the watermark and drops what comes behind it, and knows no counters that vanish.
CREATE TEMPORARY FUNCTION post_momentum AS 'io.tokpulse.flink.functions.PostMomentum' LANGUAGE JAVA
