CREATE MATERIALIZED VIEW IF NOT EXISTS engagement_hourly_closed_mv TO engagement_hourly_closed
AS SELECT 1 AS one, max(window_start) AS window_start
FROM engagement_hourly_maxima
WHERE is_final = 1
GROUP BY one
