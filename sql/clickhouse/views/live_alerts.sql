CREATE OR REPLACE VIEW live_alerts
AS SELECT *
FROM live_alerts_log FINAL
