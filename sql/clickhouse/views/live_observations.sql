CREATE OR REPLACE VIEW live_observations
AS SELECT *
FROM live_observations_log FINAL
