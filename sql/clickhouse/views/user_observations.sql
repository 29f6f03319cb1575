CREATE OR REPLACE VIEW user_observations
AS SELECT *
FROM user_observations_log FINAL
