CREATE OR REPLACE VIEW threshold_versions
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
AS SELECT version, sequence, effective_from, published_at, author, comment, content_hash, content
FROM threshold_versions_log FINAL
