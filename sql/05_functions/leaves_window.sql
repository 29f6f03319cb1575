-- Question: may the window operator refuse this row (late, or in doubt after a restart)?
-- Grain:    a scalar function of one row; window size and clock tolerance in milliseconds.
-- Why ours: the window operator restores its watermark after a failure, CURRENT_WATERMARK does not; rows in between would be in neither path.
CREATE TEMPORARY FUNCTION leaves_window AS 'io.tokpulse.flink.functions.LeavesWindow' LANGUAGE JAVA
