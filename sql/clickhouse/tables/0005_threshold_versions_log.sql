-- Every published version of the thresholds. Running jobs poll it; the topic tokpulse.thresholds holds the same, and fills an empty
-- database.
CREATE TABLE IF NOT EXISTS threshold_versions_log
(
    version String,
    sequence UInt32,
    effective_from DateTime64(3, 'UTC'),
    published_at DateTime64(3, 'UTC'),
    author String,
    comment String,
    content_hash String,
    content String
)
ENGINE = ReplacingMergeTree
ORDER BY version
