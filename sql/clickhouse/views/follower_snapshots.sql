CREATE OR REPLACE VIEW follower_snapshots
AS SELECT *
FROM follower_snapshots_log FINAL
