-- Empties pipeline_ledger_entries between two measured runs, so that each of them really writes.
TRUNCATE TABLE pipeline_ledger_entries
