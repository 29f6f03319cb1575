CREATE OR REPLACE VIEW quality_results
AS SELECT *
FROM quality_results_log FINAL
