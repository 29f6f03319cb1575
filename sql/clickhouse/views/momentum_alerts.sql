CREATE OR REPLACE VIEW momentum_alerts
AS SELECT *
FROM momentum_alerts_log FINAL
