-- Its examples are keys, which are numeric ids: nothing to mask.
CREATE OR REPLACE VIEW ${DATABASE}_shared.quality_results
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    run_id, checked_at, dataset, test, column, severity, status, failing_rows, detail
FROM quality_results
