-- One row per applied migration (key: version); a re-applied one replaces its row.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32,
    name String,
    hash String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version
