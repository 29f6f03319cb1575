-- Writes the judged hours of another database.
INSERT INTO trending_hourly_log
SELECT *
FROM {database:Identifier}.trending_hourly_log
