-- Question: how many followers had the writer of a comment, as far as is known by now?
-- Grain:    a process table function of comments and snapshots by user: a row per comment at once, and one per snapshot that comes after
--           a comment of its time or later.
-- Why ours: a temporal join keeps comments until both watermarks have passed them, so that a quiet snapshots topic would delay them all.
CREATE TEMPORARY FUNCTION latest_snapshot AS 'io.tokpulse.flink.functions.LatestSnapshot' LANGUAGE JAVA
