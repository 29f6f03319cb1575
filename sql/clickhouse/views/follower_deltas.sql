CREATE OR REPLACE VIEW follower_deltas
AS SELECT *
FROM follower_deltas_log FINAL
