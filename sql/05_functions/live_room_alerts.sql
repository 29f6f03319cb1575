-- Question: which LIVE rooms have more viewers, or get more diamonds within a minute, than the tier of their host allows for?
-- Grain:    a process table function of viewer counts, gifts and follower snapshots by host: a row per alert.
-- Why ours: what was told twice counts once, a combo by its growth, and the published thresholds decide.
CREATE TEMPORARY FUNCTION live_room_alerts AS 'io.tokpulse.flink.functions.LiveAlerts' LANGUAGE JAVA
