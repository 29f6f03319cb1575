-- Without who published it.
CREATE OR REPLACE VIEW ${DATABASE}_shared.threshold_versions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * REPLACE ('[redacted]' AS author, replaceRegexpAll(comment, '[^\\s@]*@[^\\s@]+', '[name]') AS comment)
FROM threshold_versions
