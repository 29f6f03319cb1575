-- Question: how far had each post come by the end of each UTC hour, and since the last earlier hour?
-- Grain:    a process table function of observations by post: a row per post and closed hour, and what late observations change.
-- Why ours: a window refuses what comes behind its watermark; here the watermark only says when an hour closes.
CREATE TEMPORARY FUNCTION hourly_maxima AS 'io.tokpulse.flink.functions.HourlyMaxima' LANGUAGE JAVA
