-- Without who published it.
CREATE OR REPLACE VIEW ${DATABASE}_shared.threshold_versions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    version,
    sequence,
    effective_from,
    published_at,
    '[redacted]' AS author,
    replaceRegexpAll(comment, '[^\\s@]*@[^\\s@]+', '[name]') AS comment,
    content_hash,
    content
FROM threshold_versions
