-- Question: does a post trend, by its author's followers and the thresholds in force then?
-- Grain:    a process table function of post-hours, observations and snapshots by author: a row per post-hour, and another whenever it
--           changes; and one per momentum alert.
-- Why ours: a temporal join drops snapshots that come behind its watermark, and can neither take a row back nor count its revisions.
CREATE TEMPORARY FUNCTION post_growth AS 'io.tokpulse.flink.functions.PostGrowth' LANGUAGE JAVA
