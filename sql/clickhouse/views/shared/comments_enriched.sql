-- Without what people wrote.
CREATE OR REPLACE VIEW ${DATABASE}_shared.comments_enriched
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * REPLACE ('[redacted]' AS text)
FROM comments_enriched
