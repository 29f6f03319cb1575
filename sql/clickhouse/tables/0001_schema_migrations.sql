-- One row per applied file of this folder. `tokpulse up` creates it before it reads it.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32,
    name String,
    hash String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version
