CREATE OR REPLACE VIEW trending_hourly
AS SELECT *
FROM trending_hourly_log FINAL
