-- Question: does a post-hour trend, by its author's followers at its end and the thresholds in force then?
-- Grain:    a process table function of post-hours and snapshots by author: a row per post-hour, and another whenever it changes.
-- Why ours: a temporal join drops snapshots that come behind its watermark, and can neither take a row back nor count its revisions.
CREATE TEMPORARY FUNCTION post_growth AS 'io.tokpulse.flink.functions.PostGrowth' LANGUAGE JAVA
