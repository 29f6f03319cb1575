CREATE OR REPLACE VIEW ${DATABASE}_shared.pipeline_ledger
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    job, run_id, topic, read, counted, late, beyond_bound, quarantined, unaccounted, updated_at
FROM pipeline_ledger
