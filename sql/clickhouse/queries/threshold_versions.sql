-- Question: which versions of the thresholds were published?
-- Grain:    one row per version, oldest first.
SELECT version, sequence, effective_from, published_at, author, comment, content_hash, content
FROM threshold_versions
ORDER BY sequence, version
