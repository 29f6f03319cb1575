-- The rows (sipHash64 of all their columns) whose rewritten copies are in their table, for `tokpulse forget` while it runs. Empty
-- when it has finished.
CREATE TABLE IF NOT EXISTS ${DATABASE}_private.forget_rows
(
    row UInt64
)
ENGINE = MergeTree
ORDER BY row
