-- Question: how did each follower count change from snapshot to snapshot, and which rules about gains does that break?
-- Grain:    a process table function of snapshots by user: a row per snapshot and broken rule, and what late snapshots change.
-- Why ours: LAG and OVER drop what comes behind the watermark.
CREATE TEMPORARY FUNCTION follower_changes AS 'io.tokpulse.flink.functions.FollowerChanges' LANGUAGE JAVA
