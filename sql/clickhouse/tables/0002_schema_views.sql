-- One row per view and the hash of its file; a view that is created anew replaces its row.
CREATE TABLE IF NOT EXISTS schema_views
(
    name String,
    hash String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
